/** What a visitor wants to reach somebody for. */
export const PURPOSES = ["abuse", "security", "privacy", "legal", "general"] as const;
export type Purpose = (typeof PURPOSES)[number];

export function isPurpose(text: string): text is Purpose {
  return (PURPOSES as readonly string[]).includes(text);
}
