import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Bytes, Json } from "@sallyport/policy";
import { attemptJson } from "../attempt-json.ts";
import type { Case, Expectation } from "./case.ts";
import { quoted } from "./words.ts";

type Printed = Pick<Case, "attempt" | "hostname" | "expect">;

/** A case as a line of a file of cases. In JSON if a name has a line break in it, which a line of words cannot have. */
export function caseText(one: Printed): Bytes {
  const text = `${attemptText(one)} => ${expectationText(one.expect)}`;
  if (!text.includes("\n")) return text;
  return utf8Bytes(JSON.stringify({ attempt: attemptJson(one), expect: expectationJson(one.expect) }));
}

function attemptText({ attempt, hostname }: Printed): Bytes {
  const { user, database, address, ssl, gssenc, replication, systemUser } = attempt;
  const words = [`user=${quoted(user)}`];
  if (database !== undefined) words.push(`database=${quoted(database)}`);
  words.push(address == null ? "local" : `address=${address}`);
  if (ssl) words.push("ssl");
  if (gssenc) words.push("gssenc");
  if (replication) words.push(replication === true ? "replication" : `replication=${replication}`);
  if (hostname) words.push(`hostname=${quoted(hostname.name ?? "")}`);
  if (systemUser !== undefined) words.push(`system_user=${quoted(systemUser)}`);
  return words.join(" ");
}

export function expectationText({ outcome, method, options, by }: Expectation): Bytes {
  const words = [
    method ?? outcome,
    ...options.map(({ name, value }) => `${name}=${value === "" ? "" : quoted(value)}`),
    ...(by ? ["by", quoted(`${by.file}:${by.line}`)] : []),
  ];
  return words.join(" ");
}

export function expectationJson({ outcome, method, options, by }: Expectation): Json {
  return {
    outcome,
    ...(method ? { method } : {}),
    ...(options.length > 0
      ? { options: Object.fromEntries(options.map(({ name, value }) => [utf8Text(name), utf8Text(value)])) }
      : {}),
    ...(by ? { by: { file_name: utf8Text(by.file), line_number: by.line } } : {}),
  };
}
