import { isIP } from "node:net";
import { orAborted } from "@sallyport/wire";
import type { Bytes, HbaRule } from "@sallyport/policy";
import type { Settings } from "../config/index.ts";
import type { NameService } from "../resolver/index.ts";
import type { Finding } from "../findings/finding.ts";
import { findingAt } from "../findings/finding.ts";

/** Each question holds a thread until it is answered. */
const atATime = 4;

/**
 * Names of rules that have no address, so that no client can be verified to have them. Names that were not answered
 * before `signal` aborts are `unanswered`.
 */
export async function checkHostNames(
  rules: readonly HbaRule[],
  names: NameService,
  signal: AbortSignal,
): Promise<{ readonly findings: readonly Finding[]; readonly unanswered: number }> {
  const asked = hostNames(rules);
  const failures = new Map<Bytes, Bytes>();
  const waiting = [...asked];
  let unanswered = asked.size;
  const ask = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined && !signal.aborted; name = waiting.shift()) {
      const answer = await orAborted(names.addressesOf(name), signal).catch(() => null);
      if (answer === null) return;
      unanswered -= 1;
      if ("failure" in answer) failures.set(name, answer.failure.words);
    }
  };
  await Promise.all(Array.from({ length: atATime }, ask));
  return { findings: rules.flatMap((rule) => findingsOf(rule, failures)), unanswered };
}

/** Is there a name to look up, other than that of the machine itself? */
export function hasHostNames(
  rules: readonly HbaRule[],
  { listen_addresses }: Pick<Settings, "listen_addresses">,
): boolean {
  const listens = listen_addresses.some((entry) => !["*", "localhost"].includes(entry) && isIP(entry) === 0);
  return listens || rules.some((rule) => nameOf(rule) !== null);
}

/** Of names with a leading dot, any name that ends so will do: there is nothing to look up. */
function hostNames(rules: readonly HbaRule[]): ReadonlySet<Bytes> {
  return new Set(rules.flatMap((rule) => nameOf(rule) ?? []));
}

function nameOf({ address }: HbaRule): Bytes | null {
  return address?.kind === "hostname" && !address.name.startsWith(".") ? address.name : null;
}

function findingsOf(rule: HbaRule, failures: ReadonlyMap<Bytes, Bytes>): Finding[] {
  const name = nameOf(rule);
  const words = name === null ? undefined : failures.get(name);
  const span = rule.columns.address;
  if (name === null || words === undefined || span === null) return [];
  return [
    findingAt("host-name-unknown", span, `could not translate host name "${name}" to address: ${words}`),
  ];
}
