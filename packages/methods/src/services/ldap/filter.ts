import type { BerWriter } from "ldapts";
import type { Bytes } from "@sallyport/policy";
import { LdapFailure } from "./failure.ts";
import { apiError } from "./result-codes.ts";

/** A search filter (RFC 4511, 4.5.1). Values are bytes. */
export type Filter =
  | { readonly kind: "and" | "or"; readonly filters: readonly Filter[] }
  | { readonly kind: "not"; readonly filter: Filter }
  | { readonly kind: "present"; readonly attribute: Bytes }
  | {
      readonly kind: "equal" | "greater_or_equal" | "less_or_equal" | "approx";
      readonly attribute: Bytes;
      readonly value: Bytes;
    }
  | { readonly kind: "substrings"; readonly attribute: Bytes; readonly parts: readonly Bytes[] }
  | {
      readonly kind: "extensible";
      readonly attribute: Bytes;
      readonly dn: boolean;
      readonly rule: Bytes;
      readonly value: Bytes;
    };

/** Deeper ones nobody writes; each level is a call. */
const deepest = 100;

const comparisons = { "": "equal", "<": "less_or_equal", ">": "greater_or_equal", "~": "approx" } as const;

/** An attribute description or an OID, with options: `cn`, `2.5.4.3`, `cn;lang-de`. */
const description = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)(?:;[A-Za-z0-9-]+)*$/;

const attributeOrOid = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)$/;

/**
 * Reads the string form of a filter (RFC 4515) as OpenLDAP does, which lets blanks stand between filters, and takes text
 * without parentheses for one comparison.
 *
 * @throws {LdapFailure} "Bad search filter"
 */
export function parseFilter(text: Bytes): Filter {
  if (!text.startsWith("(")) return parseItem(text);
  const { filter, rest } = parseNested(text, deepest);
  if (rest !== "") throw bad();
  return filter;
}

/**
 *     (&(objectClass=person)(uid=alice)) (…
 *      ^ operator, or an item            ^ rest
 */
function parseNested(text: Bytes, depth: number): { readonly filter: Filter; readonly rest: Bytes } {
  if (depth === 0 || !text.startsWith("(")) throw bad();
  const inner = text.slice(1).replace(/^\s+/, "");
  const operator = inner.charAt(0);
  if (operator !== "&" && operator !== "|" && operator !== "!") {
    const [item] = /^(?:\\[^]|[^()\\])*/.exec(inner) ?? [""];
    if (inner.charAt(item.length) !== ")") throw bad();
    return { filter: parseItem(item), rest: inner.slice(item.length + 1) };
  }
  let rest = inner.slice(1).replace(/^\s+/, "");
  if (operator === "!") {
    const { filter, rest: after } = parseNested(rest, depth - 1);
    if (!after.startsWith(")")) throw bad();
    return { filter: { kind: "not", filter }, rest: after.slice(1) };
  }
  const filters: Filter[] = [];
  while (!rest.startsWith(")")) {
    const nested = parseNested(rest, depth - 1);
    filters.push(nested.filter);
    rest = nested.rest.replace(/^\s+/, "");
  }
  return { filter: { kind: operator === "&" ? "and" : "or", filters }, rest: rest.slice(1) };
}

function parseItem(text: Bytes): Filter {
  const equals = text.indexOf("=");
  if (equals < 0) throw bad();
  const [left, value] = [text.slice(0, equals), text.slice(equals + 1)];
  if (left.endsWith(":")) return parseExtensible(left.slice(0, -1), value);
  const [, attribute = "", sign = ""] = /^(.*?)([<>~]?)$/s.exec(left) ?? [];
  if (!description.test(attribute)) throw bad();
  const kind = comparisons[sign as keyof typeof comparisons];
  if (kind !== "equal") return { kind, attribute, value: unescape(value) };
  if (value === "*") return { kind: "present", attribute };
  const parts = value.split("*"); // an escaped one is \2a, or \* as in LDAPv2
  const joined = joinEscaped(parts).map(unescape);
  const [only] = joined;
  if (joined.length === 1 && only !== undefined) return { kind, attribute, value: only };
  if (joined.slice(1, -1).includes("")) throw bad();
  return { kind: "substrings", attribute, parts: joined };
}

/** Puts `\*` together again. */
function joinEscaped(parts: readonly Bytes[]): readonly Bytes[] {
  const joined: Bytes[] = [];
  let open = false;
  for (const part of parts) {
    if (open) joined.push(`${joined.pop() ?? ""}*${part}`);
    else joined.push(part);
    open = /(?:^|[^\\])(?:\\\\)*\\$/.test(part);
  }
  return joined;
}

/** `cn:dn:2.5.13.5` of `cn:dn:2.5.13.5:=value`; attribute or rule must be there. */
function parseExtensible(left: Bytes, value: Bytes): Filter {
  const [, attribute = "", dn, rule = ""] = /^([^:]*)(:dn)?(?::([^:]*))?$/i.exec(left) ?? [];
  if (attribute === "" && rule === "") throw bad();
  if (attribute !== "" && !description.test(attribute)) throw bad();
  if (rule !== "" && !attributeOrOid.test(rule)) throw bad();
  return { kind: "extensible", attribute, dn: dn !== undefined, rule, value: unescape(value) };
}

/** `\2a` is a byte; one of `*()\` may stand behind the backslash itself, as in LDAPv2. */
function unescape(value: Bytes): Bytes {
  const plain = value.replaceAll(/\\([0-9a-fA-F]{2}|[*()\\])/g, "");
  if (/[()*\\]/.test(plain)) throw bad();
  return value.replaceAll(/\\([0-9a-fA-F]{2}|[*()\\])/g, (_, code: string) =>
    code.length === 2 ? String.fromCharCode(Number.parseInt(code, 16)) : code,
  );
}

function bad(): LdapFailure {
  return new LdapFailure(apiError.filterError);
}

const tags = {
  and: 0xa0,
  or: 0xa1,
  not: 0xa2,
  equal: 0xa3,
  substrings: 0xa4,
  greater_or_equal: 0xa5,
  less_or_equal: 0xa6,
  present: 0x87,
  approx: 0xa8,
  extensible: 0xa9,
} as const;

const octetString = 0x04;

export function writeFilter(writer: BerWriter, filter: Filter): void {
  const write = (bytes: Bytes, tag: number = octetString): void =>
    writer.writeBuffer(Buffer.from(bytes, "latin1"), tag);
  if (filter.kind === "present") {
    write(filter.attribute, tags.present);
    return;
  }
  writer.startSequence(tags[filter.kind]);
  switch (filter.kind) {
    case "and":
    case "or":
      for (const one of filter.filters) writeFilter(writer, one);
      break;
    case "not":
      writeFilter(writer, filter.filter);
      break;
    case "substrings": {
      write(filter.attribute);
      writer.startSequence();
      const last = filter.parts.length - 1;
      for (const [at, part] of filter.parts.entries()) {
        if (part !== "") write(part, at === 0 ? 0x80 : at === last ? 0x82 : 0x81);
      }
      writer.endSequence();
      break;
    }
    case "extensible":
      if (filter.rule !== "") write(filter.rule, 0x81);
      if (filter.attribute !== "") write(filter.attribute, 0x82);
      write(filter.value, 0x83);
      if (filter.dn) writer.writeBoolean(true, 0x84);
      break;
    case "equal":
    case "greater_or_equal":
    case "less_or_equal":
    case "approx":
      write(filter.attribute);
      write(filter.value);
  }
  writer.endSequence();
}
