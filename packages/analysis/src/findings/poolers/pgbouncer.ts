import { formatIp } from "@sallyport/policy";
import type { Bytes, HbaRule, Span, Token } from "@sallyport/policy";
import type { RuleFinder } from "../source.ts";

/**
 * What PgBouncer 1.18 makes of a line, as its log tells of a file with one line of each kind. It warns of what it does not know and
 * goes on without the line.
 */
export const findPgbouncer: RuleFinder = (rule, say, { hba }, { poolers }) => {
  if (!poolers.has("pgbouncer")) return;
  const reason = whySkipped(rule, hba.fileName);
  if (reason) {
    const rejects = rule.method === "reject" ? ": those whom it rejects may come in by a later line" : "";
    const message = `PgBouncer skips the line: ${reason.why}${rejects}`;
    say("pgbouncer-skips", reason.at, message);
    return;
  }
  for (const pattern of [...rule.databases, ...rule.users]) {
    if (pattern.kind !== "regex") continue;
    say("pgbouncer-differs", pattern.token, "PgBouncer takes the expression for a name");
  }
  for (const token of rule.columns.user) {
    if (token.quoted || token.text !== "sameuser") continue;
    const message = "to PgBouncer sameuser is a keyword here, too";
    say("pgbouncer-differs", token, message);
  }
};

const types: ReadonlySet<Bytes> = new Set(["local", "host", "hostssl", "hostnossl"]);
const methods: ReadonlySet<Bytes> = new Set([
  "trust",
  "reject",
  "md5",
  "scram-sha-256",
  "password",
  "peer",
  "cert",
]);
const unknownKeywords: ReadonlySet<Bytes> = new Set(["samerole", "samegroup", "replication"]);

interface Reason {
  readonly at: Span;
  readonly why: string;
}

/** Null: it reads it. */
function whySkipped(rule: HbaRule, mainFile: Bytes): Reason | null {
  const { line, columns, address } = rule;
  const { type, database, user, method, options } = columns;
  if (line.file !== mainFile) return { at: type, why: "it reads no included files" };
  if (line.joins.length > 0) return { at: type, why: "it does not join lines" };
  if (type.quoted || !types.has(type.text))
    return { at: type, why: `it does not know the type ${type.text}` };
  for (const token of [...database, ...user]) {
    if (token.quoted) continue;
    if (token.text.startsWith("+")) return { at: token, why: "it knows no groups" };
    if (unknownKeywords.has(token.text)) return { at: token, why: `it does not know ${token.text}` };
  }
  if (address && columns.address) {
    const why = whyNoAddress(columns.address, columns.mask);
    if (why !== null) return { at: columns.address, why };
  }
  // `ident` on a local line is what PostgreSQL calls peer.
  if (method.quoted || !methods.has(method.text))
    return { at: method, why: `it does not know the method ${method.text}` };
  const [option] = options;
  return option ? { at: option, why: "it takes no options" } : null;
}

function whyNoAddress(address: Token, mask: Token | null): string | null {
  if (address.quoted) return "it takes no address in quotes";
  const text = address.text.split("/", 1)[0] ?? "";
  if (!isPlainAddress(text)) return "it takes no address but four decimal numbers, or IPv6 without a zone";
  return mask && !isPlainAddress(mask.text) ? "it cannot read the mask" : null;
}

/** As `inet_pton` takes them. */
function isPlainAddress(text: Bytes): boolean {
  const parts = text.split(".");
  if (parts.length === 4 && !text.includes(":")) {
    return formatIp(String.fromCharCode(...parts.map((part) => Number(part) & 0xff))) === text;
  }
  return text.includes(":") && !text.includes("%");
}
