import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { err, ok, type Result } from "./result.ts";
import { parseServerName, type ServerName } from "./server-name.ts";

declare const mxcUriBrand: unique symbol;

/** A content URI as given (client-server API, "Matrix Content (mxc://) URIs"). */
export type MxcUri = string & { readonly [mxcUriBrand]: true };

export type ParsedMxcUri = {
  readonly mxcUri: MxcUri;
  /** Where the media was uploaded. */
  readonly serverName: ServerName;
  readonly mediaId: string;
};

const SCHEME = "mxc://";
const MEDIA_ID = /^[A-Za-z0-9_-]+$/;

/** Parses a content URI: `mxc://<server-name>/<media-id>`, the media ID of letters, digits, `_` and `-` only (v1.19). */
export function parseMxcUri(text: string): Result<ParsedMxcUri, IdentifierError> {
  if (!text.startsWith(SCHEME)) {
    return err({
      code: "mxc-scheme",
      message: `${quoteText(text)} is no content URI: it does not begin with "${SCHEME}"`,
      hint: "Write it as mxc://example.org/media-id.",
    });
  }
  const slash = text.indexOf("/", SCHEME.length);
  const mediaId = slash < 0 ? "" : text.slice(slash + 1);
  if (!MEDIA_ID.test(mediaId)) {
    return err({
      code: "mxc-media-id",
      message: `${quoteText(text)} has no media ID of letters, digits, "_" and "-" after the server name`,
      hint: "Write it as mxc://example.org/media-id.",
    });
  }
  const serverName = parseServerName(text.slice(SCHEME.length, slash));
  if (!serverName.ok) {
    return err({
      ...serverName.error,
      message: `in the content URI ${quoteText(text)}: ${serverName.error.message}`,
    });
  }
  return ok({ mxcUri: text as MxcUri, serverName: serverName.value, mediaId });
}
