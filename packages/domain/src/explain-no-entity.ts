import { type IdentifierError, quoteText } from "./identifier-error.ts";

const WEB_ADDRESS = /^https?:\/\/(?:[^/?#@]*@)?([^/?#]+)/i;
const MAIL_ADDRESS = /^(?:mailto:)?([^\s@:/]+)@([^\s@:/?]+)(?:\?.*)?$/i;
const HANDLE = /^@([^\s@:/]+)@([^\s@:/]+)$/;
const WITHOUT_SIGIL = /^([^\s@:/]+):([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?)$/i;

/** What a text that is no entity seems to be instead, so that the error can say how to put it right; null where it resembles nothing. */
export function explainNoEntity(text: string): IdentifierError | null {
  if (text === "") {
    return {
      code: "entity-empty",
      message: 'nothing was pasted (got "")',
      hint: "Paste a server name, a user ID, a room, an event, a media URI or a link to one of them.",
    };
  }
  const [, handleName, handleServer] = HANDLE.exec(text) ?? [];
  if (handleName !== undefined) {
    return {
      code: "entity-handle",
      message: `${quoteText(text)} is a fediverse handle, not a Matrix user ID`,
      hint: `A Matrix user ID has a colon: @${handleName}:${handleServer}.`,
    };
  }
  const [, mailName, mailDomain] = MAIL_ADDRESS.exec(text) ?? [];
  if (mailName !== undefined || /^mailto:/i.test(text)) {
    return {
      code: "entity-mail-address",
      message: `${quoteText(text)} is a mail address, not a Matrix identifier`,
      hint:
        mailName === undefined
          ? "Paste a user ID, such as @name:example.org."
          : `For the server, paste ${mailDomain}; for a user, @${mailName}:${mailDomain}.`,
    };
  }
  const host = WEB_ADDRESS.exec(text)?.[1];
  if (host !== undefined) {
    return {
      code: "entity-web-address",
      message: `${quoteText(text)} is a web address that names no user, room, event or media`,
      hint: `For a server, paste its server name, the part of a user ID behind the colon (perhaps ${host}).`,
    };
  }
  if (text.startsWith("+")) {
    return {
      code: "entity-group",
      message: `${quoteText(text)} is the ID of a group, which Matrix no longer has`,
      hint: "Paste the room, the user or the server it is about.",
    };
  }
  if (WITHOUT_SIGIL.test(text)) {
    return {
      code: "entity-without-sigil",
      message: `${quoteText(text)} does not say whether it is a user or a room`,
      hint: `Put @ in front of a user ID, # in front of a room alias: @${text}.`,
    };
  }
  return null;
}
