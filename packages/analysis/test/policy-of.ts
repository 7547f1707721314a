import { parsePolicy, serverProfile } from "@sallyport/policy";
import type { Policy, ProfileOptions } from "@sallyport/policy";

/** The policy of the text of a `pg_hba.conf`, and of a `pg_ident.conf`. */
export function policyOf(hba: string, ident = "", options: ProfileOptions = {}): Policy {
  const profile = serverProfile(options);
  if ("error" in profile) throw new Error(profile.error);
  const files = new Map([
    ["/etc/pg_hba.conf", { bytes: hba }],
    ["/etc/pg_ident.conf", { bytes: ident }],
  ]);
  const disk = { files, directories: new Map(), zones: new Map(), hosts: new Map() };
  const source = { hbaFileName: "/etc/pg_hba.conf", identFileName: "/etc/pg_ident.conf", profile };
  const { policy, problems } = parsePolicy(source, disk);
  if (!policy) throw new Error(problems.map(({ text }) => text).join("\n"));
  return policy;
}
