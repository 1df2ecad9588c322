import fc from "fast-check";

/** Texts that have the shape of identifiers, by the grammars of the spec's appendices; each is valid. */

const label = fc.stringMatching(/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?$/);
const dnsName = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
// "1.2.3" and the like are DNS names to the grammar; four numbers are not.
const host = fc.oneof(
  { weight: 6, arbitrary: dnsName.filter((name) => !/^\d{1,3}(?:\.\d{1,3}){3}$/.test(name)) },
  { weight: 1, arbitrary: fc.ipV4() },
  { weight: 1, arbitrary: fc.ipV6().map((address) => `[${address}]`) },
);

export const serverNameText: fc.Arbitrary<string> = fc
  .tuple(host, fc.option(fc.integer({ min: 1, max: 65_535 })))
  .map(([name, port]) => (port === null ? name : `${name}:${port}`));

const currentLocalpart = fc.stringMatching(/^[0-9a-z\-.=_/+]{1,16}$/);
const historicalLocalpart = fc.stringMatching(/^[!-9;-~]{1,16}$/);
const unicodeLocalpart = fc
  .string({ unit: "binary", maxLength: 12 })
  .filter((text) => text.isWellFormed() && !/[:\0]/.test(text));
const localpart: fc.Arbitrary<string> = fc.oneof(currentLocalpart, historicalLocalpart, unicodeLocalpart);

const base64Url = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);
const base64 = fc.stringMatching(/^[A-Za-z0-9+/]{43}$/);

const withSigil = (sigil: string): fc.Arbitrary<string> =>
  fc.tuple(localpart, serverNameText).map(([local, server]) => `${sigil}${local}:${server}`);

export const userIdText: fc.Arbitrary<string> = withSigil("@");
export const roomAliasText: fc.Arbitrary<string> = withSigil("#");
export const roomIdText: fc.Arbitrary<string> = fc.oneof(
  withSigil("!"),
  base64Url.map((hash) => `!${hash}`),
);
export const eventIdText: fc.Arbitrary<string> = fc.oneof(
  withSigil("$"),
  fc.oneof(base64Url, base64).map((hash) => `$${hash}`),
);
export const mxcUriText: fc.Arbitrary<string> = fc
  .tuple(serverNameText, fc.stringMatching(/^[A-Za-z0-9_-]{1,30}$/))
  .map(([server, mediaId]) => `mxc://${server}/${mediaId}`);

/** Anything a text box can hold, the characters that mean something to identifiers among it. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        ..."@!#$+:/?&%.,;<>[]()'\"`\\ \0\n\t-_=~0a9Zéß\u202e\u200b\ud800\u{1f680}",
        "matrix:",
        "https://matrix.to/#/",
        "mxc://",
        "via=",
        "example.org",
        "%2F",
        "%zz",
        "%ff",
        "server:",
        "mailto:",
        "::1",
        "u/",
        "/e/",
      ),
      { maxLength: 24 },
    )
    .map((pieces) => pieces.join("")),
);
