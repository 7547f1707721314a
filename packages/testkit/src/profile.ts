import { features, parsePolicy, serverProfile } from "@sallyport/policy";
import type { Feature, FileSettings, Policy, ProfileOptions, ServerProfile } from "@sallyport/policy";
import type { TestPostgres } from "./postgres.ts";

/**
 * A profile that a test needs.
 *
 * @throws {Error} if there is none
 */
export function profileOf(options: ProfileOptions = {}): ServerProfile {
  const profile = serverProfile(options);
  if ("error" in profile) throw new Error(profile.error);
  return profile;
}

/** What a build has not, of that which pg_hba.conf can ask for. */
export function featuresLacking(built: ReadonlySet<Feature>): Feature[] {
  return features.filter((feature) => !built.has(feature));
}

/** Whose meaning the files of a server have. */
export function profileOfServer(
  { version, features: built }: Pick<TestPostgres, "version" | "features">,
  settings: Partial<FileSettings> = {},
): ServerProfile {
  return profileOf({ version, with: [...built], without: featuresLacking(built), settings });
}

/**
 * Two files without includes, as they decide.
 *
 * @throws {Error} with the first mistake of a `pg_hba.conf` that does not load
 */
export function policyOfTexts(hba: string, ident = ""): Policy {
  const files = new Map([
    ["/hba", { bytes: hba }],
    ["/ident", { bytes: ident }],
  ]);
  const disk = { files, directories: new Map(), zones: new Map(), hosts: new Map() };
  const source = { hbaFileName: "/hba", identFileName: "/ident", profile: profileOf() };
  const { policy, problems } = parsePolicy(source, disk);
  if (!policy) throw new Error(problems[0]?.text);
  return policy;
}
