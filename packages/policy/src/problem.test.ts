import { expect, test } from "vitest";
import { diagnostic } from "./problem.ts";
import type { Line } from "./text/line.ts";

function excerpt(text: string, start: number, end: number, joins: readonly number[] = []): unknown {
  const line: Line = { file: "/pg_hba.conf", number: 1, text, joins };
  return diagnostic({
    severity: "error",
    text: "bad",
    sqlstate: "F0000",
    span: { line, start, end },
    context: [line],
  }).excerpt;
}

test("the caret stands under what is wrong; tabs stay tabs", () => {
  expect(excerpt("host\tall bad", 9, 12)).toEqual(["host\tall bad", "    \t    ^^^"]);
});

test("a secret is not shown, nor how long it is", () => {
  const text = "host all all all ldap ldapbindpasswd=hunter2 x";
  expect(excerpt(text, 22, 44)).toEqual([
    "host all all all ldap ldapbindpasswd=***",
    "                      ^^^^^^^^^^^^^^^^^^",
  ]);
  expect(excerpt(text, 45, 46)).toEqual([
    "host all all all ldap ldapbindpasswd=***",
    "                                        ^",
  ]);
});

test("a secret that stands on another physical line than its name is not shown either", () => {
  const text = "host all all all ldap ldapbindpasswd=hunter2";
  expect(excerpt(text, 37, 44, [37])).toEqual(["***", "^^^"]);
  expect(excerpt(text, 41, 44, [41])).toEqual(["", "^"]);
});

test.for([
  [
    "authentication option not in name=value format: ldapbindpasswd hunter2",
    "authentication option not in name=value format: ldapbindpasswd=***",
  ],
  [
    'authentication option "ldapbindpasswd" is only valid for authentication methods ldap',
    'authentication option "ldapbindpasswd" is only valid for authentication methods ldap',
  ],
])("the message %j is shown as %j", ([text = "", shown]) => {
  expect(diagnostic({ severity: "error", text, sqlstate: "F0000", span: null, context: [] }).message).toBe(
    shown,
  );
});
