import type { Witness } from "@sallyport/analysis";
import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { printable } from "./printable.ts";

/** An attempt as options of `explain`, for a shell: `-U bob -d billing --address 10.20.2.1 --ssl`. */
export function attemptText({ attempt, hostname }: Witness): string {
  const { user, database, address, ssl, gssenc, replication, systemUser } = attempt;
  return [
    `-U ${word(user)}`,
    ...(database === undefined ? [] : [`-d ${word(database)}`]),
    address == null ? "--local" : `--address ${address}`,
    ...(ssl ? ["--ssl"] : []),
    ...(gssenc ? ["--gssenc"] : []),
    ...(replication ? [replication === "database" ? "--replication=database" : "--replication"] : []),
    ...(hostname == null ? [] : [`--hostname ${word(hostname)}`]),
    ...(systemUser === undefined ? [] : [`--system-user ${word(systemUser)}`]),
  ].join(" ");
}

function word(name: Bytes): string {
  const text = printable(utf8Text(name));
  return /^[\w.@%+=:,/][\w.@%+=:,/-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
