import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import { sallyport } from "./cli.ts";
import type { CliResult } from "./cli.ts";

const hba = `# TYPE   DATABASE         USER      ADDRESS       METHOD
hostssl  billing          all       10.20.0.0/15  scram-sha-256
host     billing,reports  +readers  10.20.0.0/16  scram-sha-256
host     all              intern    all           reject
local    all              all                     peer map=os
host     all              all       10.9.0.0/16   ldap ldapserver=l ldapbasedn=dc=x ldapbinddn=cn=y ldapbindpasswd=hunter2
`;
const roles = {
  roles: [
    { name: "readers", login: false, superuser: false, member_of: [] },
    { name: "bob", login: true, superuser: false, secret: "scram-sha-256", member_of: ["readers"] },
    { name: "eve", login: false, superuser: false, secret: null, member_of: [] },
  ],
  databases: [{ name: "reports", allow_connections: true, connect: ["public"] }],
};

/** The options of an attempt that no rule admits. */
export const bob: readonly string[] = ["-U", "bob", "-d", "billing", "--address", "10.21.0.7"];

/** A directory with files to ask about. */
export interface ExplainRoom extends AsyncDisposable {
  readonly path: string;
  /** Runs `sallyport explain` there, on its `pg_hba.conf` unless the arguments name another one; `DIR` stands for its path. */
  readonly explain: (args: readonly string[], input?: string) => Promise<CliResult>;
}

export async function explainRoom(): Promise<ExplainRoom> {
  const { path, remove } = await tempDirectory();
  await writeFile(join(path, "pg_hba.conf"), hba);
  await writeFile(join(path, "pg_ident.conf"), "os alice app\n");
  await writeFile(join(path, "roles.json"), JSON.stringify(roles));
  await writeFile(join(path, "bad.conf"), "local all all scarm\n");
  const shown = (text: string): string => text.replaceAll(path, "DIR");
  return {
    path,
    explain: async (args, input = "") => {
      const files = args.includes("--hba") ? [] : ["--hba", "pg_hba.conf", "--ident", "pg_ident.conf"];
      const { status, stdout, stderr } = await sallyport(["explain", ...files, ...args], {
        cwd: path,
        input,
      });
      return { status, stdout: shown(stdout), stderr: shown(stderr) };
    },
    [Symbol.asyncDispose]: remove,
  };
}
