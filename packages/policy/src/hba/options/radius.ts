import type { Bytes } from "../../bytes.ts";
import type { Asker } from "../../disk.ts";
import type { Span } from "../../text/line.ts";
import { noName, parseNumericHost } from "../address.ts";
import { atoi } from "../c-numbers.ts";
import { mistake, silentMistake } from "../../mistake.ts";
import type { Mistake } from "../../mistake.ts";
import type { Dialect } from "../../versions/dialect.ts";
import { parseGucList } from "./guc-list.ts";
import type { OptionSite } from "./setter.ts";
import type { HbaOptions, ListValue, OptionsDraft } from "./values.ts";

/** The names of the servers are looked up while the file is loaded. */
export function setRadiusServers(
  draft: OptionsDraft,
  raw: Bytes,
  { token, asker, dialect }: OptionSite,
): Mistake | null {
  const items = parseGucList(raw, dialect);
  if (items === null) return silentMistake(token, `could not parse RADIUS server list "${raw}"`);
  for (const name of items) {
    const failure = parseNumericHost(name, asker) === null ? lookUp(name, asker) : null;
    if (typeof failure === "string") {
      return silentMistake(token, `could not translate RADIUS server name "${name}" to address: ${failure}`);
    }
  }
  draft.radiusServers = { raw, items };
  return null;
}

export function setRadiusSecrets(
  draft: OptionsDraft,
  raw: Bytes,
  { token, dialect }: OptionSite,
): Mistake | null {
  const items = parseGucList(raw, dialect);
  if (items === null) return silentMistake(token, "could not parse RADIUS secret list");
  draft.radiusSecrets = { raw, items };
  return null;
}

export function setRadiusPorts(
  draft: OptionsDraft,
  raw: Bytes,
  { token, dialect }: OptionSite,
): Mistake | null {
  const items = parseGucList(raw, dialect);
  if (items === null) {
    return mistake(token, `invalid RADIUS port number: "${raw}"`, {
      logged: `could not parse RADIUS port list "${raw}"`,
    });
  }
  if (items.some((item) => atoi(item) === 0))
    return silentMistake(token, `invalid RADIUS port number: "${raw}"`);
  draft.radiusPorts = { raw, items };
  return null;
}

export function setRadiusIdentifiers(
  draft: OptionsDraft,
  raw: Bytes,
  { token, dialect }: OptionSite,
): Mistake | null {
  const items = parseGucList(raw, dialect);
  if (items === null) return silentMistake(token, `could not parse RADIUS identifiers list "${raw}"`);
  draft.radiusIdentifiers = { raw, items };
  return null;
}

/** What a radius line must have; one value serves every server. */
export function checkRadius(options: HbaOptions, line: Span, { radiusCountsShown }: Dialect): Mistake | null {
  const servers = count(options.radiusServers);
  const required = [
    ["radiusservers", servers],
    ["radiussecrets", count(options.radiusSecrets)],
  ] as const;
  for (const [name, items] of required) {
    if (items === 0)
      return mistake(line, `authentication method "radius" requires argument "${name}" to be set`);
  }
  const lists = [
    ["secrets", count(options.radiusSecrets)],
    ["ports", count(options.radiusPorts)],
    ["identifiers", count(options.radiusIdentifiers)],
  ] as const;
  for (const [what, items] of lists) {
    if (items > 1 && items !== servers) {
      const rule = `must be 1 or the same as the number of RADIUS servers (${servers})`;
      const text = `the number of RADIUS ${what} (${items}) ${rule}`;
      return radiusCountsShown ? mistake(line, text) : silentMistake(line, text);
    }
  }
  return null;
}

function lookUp(name: Bytes, asker: Asker): Bytes | null | undefined {
  return name === "" ? noName : asker.host(name);
}

function count(list: ListValue | undefined): number {
  return list?.items.length ?? 0;
}
