import { Option } from "commander";
import type { Command } from "commander";
import { features, serverProfile, utf8Bytes } from "@sallyport/policy";
import type { Feature, FileSettings, ServerProfile } from "@sallyport/policy";
import { Failure } from "../failure.ts";

/** Options that say which files, and whose meaning they have. */
export interface PolicyOptions {
  readonly directory?: string;
  readonly hba?: string;
  readonly ident?: string;
  readonly serverVersion?: string;
  readonly with?: string;
  readonly without?: string;
  readonly set?: readonly string[];
}

export function addPolicyOptions(command: Command): Command {
  return addProfileOptions(
    command
      .addOption(
        new Option("-D, --directory <dir>", "a gate's directory, or a PostgreSQL server's").env(
          "SALLYPORT_GATE",
        ),
      )
      .option("--hba <file>", "the pg_hba.conf to read; - is standard input")
      .option("--ident <file>", "the pg_ident.conf to read; - is standard input"),
    "whose meaning the files have: 10 to 18, and 19 as a preview; 16.9 and 160009 too (default: found with -D, else 18)",
  );
}

/** Options that say whose meaning files have that are named otherwise. */
export function addProfileOptions(command: Command, aboutVersion: string): Command {
  return command
    .option("--server-version <n>", aboutVersion)
    .option("--with <list>", `build features beside those of Debian's build: ${features.join(",")}`)
    .option("--without <list>", "build features that the server lacks")
    .option("-c, --set <name=value>", "a setting that the files depend on; repeatable", collect, []);
}

/** The profile that the options ask for; what `found` says of a directory comes first, options win. */
export function profileOf(
  options: PolicyOptions,
  found: Partial<FileSettings> = {},
  version?: string,
): ServerProfile {
  const wanted = options.serverVersion ?? version;
  const given = givenSettings(options.set ?? []);
  const profile = serverProfile({
    ...(wanted === undefined ? {} : { version: wanted }),
    with: featureList("--with", options.with),
    without: featureList("--without", options.without),
    settings: { ...found, ...given },
  });
  if ("error" in profile) throw new Failure(profile.error);
  for (const name of Object.keys(given)) mustExist(name, profile);
  return profile;
}

/** Settings that not every version has. */
function mustExist(name: string, { dialect, version }: ServerProfile): void {
  const missing =
    (name === "db_user_namespace" && !dialect.userNamespaces) ||
    (name === "oauth_validator_libraries" && !dialect.methods.includes("oauth"));
  if (!missing) return;
  const hint = `PostgreSQL ${version.major} has no such setting.`;
  throw new Failure(`unrecognized configuration parameter "${name}"`, { hint });
}

export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** `name=value`, as `postgres -c` takes it. */
export function nameAndValue(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new Failure(`-c ${text} requires a value`, { hint: "Write it as -c name=value." });
  return [text.slice(0, equals).replaceAll("-", "_"), text.slice(equals + 1)];
}

function featureList(option: string, text: string | undefined): Feature[] {
  if (text === undefined) return [];
  return text.split(",").map((word) => {
    const feature = features.find((known) => known === word.trim());
    if (!feature)
      throw new Failure(`${option}: unknown build feature "${word}"`, {
        hint: `Known are ${features.join(", ")}.`,
      });
    return feature;
  });
}

const flags = ["ssl", "krb_caseins_users", "db_user_namespace", "log_hostname"] as const;

function givenSettings(texts: readonly string[]): Partial<FileSettings> {
  const settings: { -readonly [Name in keyof FileSettings]?: FileSettings[Name] } = {};
  for (const [name, value] of texts.map(nameAndValue)) {
    const flag = flags.find((known) => known === name);
    if (flag) settings[flag] = parseBool(name, value);
    else if (name === "oauth_validator_libraries") settings[name] = utf8Bytes(value);
    else if (name === "password_encryption") settings[name] = parsePasswordEncryption(value);
    else {
      throw new Failure(`-c ${name}: neither the files nor an answer depend on this setting`, {
        hint: `They depend on ${[...flags, "oauth_validator_libraries"].join(", ")} and password_encryption.`,
      });
    }
  }
  return settings;
}

/** Servers before 14 also take the words for true, which mean md5. */
export function parsePasswordEncryption(value: string): "md5" | "scram-sha-256" {
  const word = value.toLowerCase();
  if (word === "md5" || word === "scram-sha-256") return word;
  if (["on", "true", "yes", "1"].includes(word)) return "md5";
  throw new Failure(`invalid value for parameter "password_encryption": "${value}"`, {
    hint: "Available values: md5, scram-sha-256.",
  });
}

/** A boolean as settings have it: unique prefixes of the words count. */
export function parseBool(name: string, value: string): boolean {
  const text = value.toLowerCase();
  const prefixOf = (word: string, least = 1): boolean => text.length >= least && word.startsWith(text);
  if (text === "1" || prefixOf("true") || prefixOf("yes") || prefixOf("on", 2)) return true;
  if (text === "0" || prefixOf("false") || prefixOf("no") || prefixOf("off", 2)) return false;
  throw new Failure(`parameter "${name}" requires a Boolean value`);
}
