/**
 * The page where it is one that a browser opens (http, https), else null: a `mailto:` in its place is an address, and
 * `javascript:` an attack.
 */
export function toWebAddress(page: string | null): string | null {
  if (page === null || !URL.canParse(page)) return null;
  const { protocol } = new URL(page);
  return protocol === "https:" || protocol === "http:" ? page : null;
}
