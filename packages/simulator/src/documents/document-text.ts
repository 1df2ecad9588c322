import type { Operator } from "../operator.ts";

/** The body of a support document, by who publishes it and how often it was asked for before. */
export type DocumentText = (operator: Operator, visit: number) => string;

/** JSON as a tidy operator writes it. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The mail address of a role at the operator. */
export function mailOf(operator: Operator, localpart: string): string {
  return `${localpart}@${operator.mailDomain}`;
}

/** The Matrix ID of a role at the operator. */
export function userIdOf(operator: Operator, localpart: string): string {
  return `@${localpart}:${operator.userServer}`;
}

/** A page of the operator's site. */
export function pageOf(operator: Operator): string {
  return `https://${operator.site}/support`;
}

/** The contact that nearly every real document has. */
export function adminContact(operator: Operator): Record<string, unknown> {
  return {
    role: "m.role.admin",
    matrix_id: userIdOf(operator, "admin"),
    email_address: mailOf(operator, "admin"),
  };
}
