import type { Bytes, HbaRule, Span } from "@sallyport/policy";
import type { RuleFinder } from "../source.ts";

/** What Pgpool-II 4.3 makes of a line of `pool_hba.conf`, as its log tells, and its sources. One line that it cannot read is enough for it to refuse the file. */
export const findPgpool: RuleFinder = (rule, say, { hba }, { poolers }) => {
  if (!poolers.has("pgpool")) return;
  const reason = whyRefused(rule, hba.fileName);
  if (reason) {
    say("pgpool-refuses", reason.at, `Pgpool-II refuses the line: ${reason.why}`);
    return;
  }
  for (const pattern of rule.users) {
    if (pattern.kind !== "member") continue;
    const message = "to Pgpool-II a group matches nobody, and what follows it in the list neither";
    say("pgpool-differs", pattern.token, message);
  }
  for (const pattern of rule.databases) {
    if (pattern.kind === "samerole") {
      const message = "to Pgpool-II this matches nothing, and what follows it in the list neither";
      say("pgpool-differs", pattern.token, message);
    } else if (pattern.kind === "replication") {
      say("pgpool-differs", pattern.token, "to Pgpool-II replication is the name of a database");
    }
  }
  for (const pattern of [...rule.databases, ...rule.users]) {
    if (pattern.kind !== "regex") continue;
    say("pgpool-differs", pattern.token, "Pgpool-II takes the expression for a name");
  }
};

const types: ReadonlySet<Bytes> = new Set(["local", "host", "hostssl", "hostnossl"]);
const unknownMethods: ReadonlySet<Bytes> = new Set([
  "peer",
  "ident",
  "gss",
  "sspi",
  "radius",
  "bsd",
  "oauth",
]);
const optionNames = /^(?:pamservice|pam_use_hostname|ldap[a-z]+)=/;

/** Null: it reads it. */
function whyRefused(
  { line, columns }: HbaRule,
  mainFile: Bytes,
): { readonly at: Span; readonly why: string } | null {
  const { type, method, options } = columns;
  if (line.file !== mainFile) return { at: type, why: "it does not know include" };
  if (line.joins.length > 0) return { at: type, why: "it does not join lines" };
  if (!types.has(type.text)) return { at: type, why: `it does not know the type ${type.text}` };
  if (unknownMethods.has(method.text))
    return { at: method, why: `it does not know the method ${method.text}` };
  const option = options.find(({ text }) => !optionNames.test(text));
  return option ? { at: option, why: "it does not know the option" } : null;
}
