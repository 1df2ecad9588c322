import type { ValueNode } from "@humanwhocodes/momoa";
import { describeType, keyOf, membersOf } from "./document-syntax.ts";
import { isStorableText, type Place } from "./document-text.ts";
import { quoteText } from "./identifier-error.ts";
import { pointTo } from "./json-pointer.ts";
import type { Policy } from "./support-document.ts";
import { isWebUri, MAX_URI_CHARACTERS, parseUri } from "./uri.ts";

const MAX_POLICIES = 50;
const MAX_TRANSLATIONS = 100;
const MAX_TEXT_CHARACTERS = 255;
const TRANSLATION_KEYS: ReadonlySet<string> = new Set(["name", "url"]);

type Translation = Policy["translations"][number];

/**
 * Reads `policies` (MSC4266; the form is that of the terms of service at registration): a map of policies, each of a
 * `version` and one object with `name` and `url` for each language. What is not of that form is left out.
 */
export function readPolicies(node: ValueNode, place: Place): Policy[] {
  if (node.type !== "Object") {
    reportMalformed(place, `this field is ${describeType(node)} instead of an object of policies`);
    return [];
  }
  const members = [...membersOf(node)];
  if (members.length > MAX_POLICIES) {
    reportMalformed(place, `there are ${members.length} policies; the first ${MAX_POLICIES} are read`);
  }
  return members.slice(0, MAX_POLICIES).flatMap(([id, policy]) => {
    const read = readPolicy(id, policy, { ...place, path: pointTo(place.path, id) });
    return read === null ? [] : [read];
  });
}

function readPolicy(id: string, node: ValueNode, place: Place): Policy | null {
  if (!isShortText(id)) {
    reportMalformed(place, `${quoteText(id)} is no name of a policy`);
    return null;
  }
  if (node.type !== "Object") {
    reportMalformed(place, `the policy ${quoteText(id)} is ${describeType(node)} instead of an object`);
    return null;
  }
  const members = membersOf(node);
  const languages = [...members].filter(([key]) => key !== "version");
  const translations = languages.slice(0, MAX_TRANSLATIONS).flatMap(([language, value]) => {
    const read = readTranslation(language, value, { ...place, path: pointTo(place.path, language) });
    return read === null ? [] : [read];
  });
  const version = readVersion(id, members.get("version"), place);
  if (languages.length === 0) reportMalformed(place, `the policy ${quoteText(id)} has no language`);
  return translations.length === 0 ? null : { id, version, translations };
}

function readVersion(id: string, node: ValueNode | undefined, place: Place): string | null {
  if (node === undefined) {
    reportMalformed(place, `the policy ${quoteText(id)} has no version`);
    return null;
  }
  if (node.type === "String" && isShortText(node.value)) return node.value;
  const message = `the version of the policy ${quoteText(id)} is ${describeType(node)} instead of a short text`;
  reportMalformed({ ...place, path: pointTo(place.path, "version") }, message);
  return null;
}

function readTranslation(language: string, node: ValueNode, place: Place): Translation | null {
  if (!isShortText(language) || node.type !== "Object") {
    reportMalformed(place, `${quoteText(language)} is ${describeType(node)} instead of an object with name and url`);
    return null;
  }
  const members = membersOf(node);
  const name = members.get("name");
  const url = members.get("url");
  for (const member of node.members) {
    const key = keyOf(member);
    if (TRANSLATION_KEYS.has(key)) continue;
    place.report({ code: "unknown-key", path: pointTo(place.path, key), message: `${quoteText(key)} is not read` });
  }
  if (name?.type !== "String" || !isShortText(name.value)) {
    const path = name === undefined ? place.path : pointTo(place.path, "name");
    reportMalformed({ ...place, path }, `the name is ${describeMember(name)} instead of a short text`);
    return null;
  }
  if (url?.type !== "String" || !isPageAddress(url.value)) {
    const path = url === undefined ? place.path : pointTo(place.path, "url");
    reportMalformed({ ...place, path }, `the url is ${describeMember(url)} instead of a web address`);
    return null;
  }
  return { language, name: name.value, url: url.value };
}

function isPageAddress(text: string): boolean {
  const uri = text.length <= MAX_URI_CHARACTERS ? parseUri(text) : null;
  return uri !== null && isWebUri(uri);
}

function isShortText(text: string): boolean {
  return text !== "" && text.length <= MAX_TEXT_CHARACTERS && isStorableText(text);
}

function describeMember(node: ValueNode | undefined): string {
  return node === undefined ? "missing" : describeType(node);
}

function reportMalformed({ path, report }: Place, message: string): void {
  report({ code: "policies-malformed", path, message });
}
