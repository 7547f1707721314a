import type { Bytes } from "@sallyport/policy";

/** An SRV record (RFC 2782). */
export interface ServiceRecord {
  readonly name: Bytes;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/**
 * The domain that a DN ends with, `example.net` of `ou=people,dc=example,dc=net`, as OpenLDAP's `ldap_dn2domain` finds it:
 * the last run of `dc` parts, if nothing follows them. Null: none, or the DN cannot be read with certainty: quotes, parts
 * of several values, and labels that no domain has are left to directories whose address is said.
 */
export function domainOf(dn: Bytes): Bytes | null {
  const labels: Bytes[] = [];
  for (const part of dn.match(/(?:\\[^]|[^\\,;])+/g) ?? []) {
    const [, attribute = "", value = ""] =
      /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*) *= *(.*?) *$/s.exec(part) ?? [];
    if (attribute === "" || /["+]/.test(value)) return null;
    if (!domainComponent.test(attribute)) labels.length = 0;
    else if (/^[A-Za-z0-9_.-]+$/.test(value)) labels.push(value);
    else return null;
  }
  return labels.length === 0 ? null : labels.join(".");
}

const domainComponent = /^(?:dc|0\.9\.2342\.19200300\.100\.1\.25)$/i;

/**
 * The order in which to try them: by priority; among equals at random, by weight (RFC 2782).
 *
 * @param random a whole number from 0 to below the limit
 */
export function inOrder(
  records: readonly ServiceRecord[],
  random: (limit: number) => number,
): ServiceRecord[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].toSorted((a, b) => a - b);
  return priorities.flatMap((priority) =>
    byWeight(
      records.filter((record) => record.priority === priority),
      random,
    ),
  );
}

function byWeight(records: readonly ServiceRecord[], random: (limit: number) => number): ServiceRecord[] {
  // Those without weight stand first, so that they have a small chance.
  const left = records.toSorted((a, b) => Math.sign(a.weight) - Math.sign(b.weight));
  const ordered: ServiceRecord[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    let running = random(total + 1);
    const at = left.findIndex(({ weight }) => (running -= weight) <= 0);
    ordered.push(...left.splice(Math.max(at, 0), 1));
  }
  return ordered;
}
