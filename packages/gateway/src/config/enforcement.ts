import type { Bytes, Method, Policy, Problem, Span } from "@sallyport/policy";

/**
 * What this gateway can carry out. A rule outside of it is never run: its file is refused, so that nothing is
 * read and then not checked. Each method has its implementation in `session/methods.ts`.
 */
export const enforcedMethods: ReadonlySet<Method> = new Set(["trust", "reject", "scram-sha-256"]);

/** No option is carried out yet. */
const enforcedOptions: ReadonlySet<Bytes> = new Set<Bytes>();

/** The rules that this gateway cannot carry out, in the words of a server that was built without them. */
export function unenforceable({ rules }: Policy): Problem[] {
  return rules.flatMap((rule) => {
    const problems: Problem[] = [];
    const refuse = (span: Span, text: Bytes): void => {
      problems.push({ severity: "error", text, sqlstate: "F0000", span, context: [rule.line] });
    };
    const { method, address, columns } = rule;
    if (!enforcedMethods.has(method)) {
      refuse(columns.method, `invalid authentication method "${method}": not supported by this build`);
    }
    for (const token of columns.options) {
      const name = token.text.slice(0, token.text.indexOf("="));
      if (!enforcedOptions.has(name)) {
        refuse(token, `authentication option "${name}" is not supported by this build`);
      }
    }
    if (address?.kind === "hostname" && columns.address) {
      refuse(columns.address, `host name "${address.name}" cannot be looked up: not supported by this build`);
    }
    return problems;
  });
}
