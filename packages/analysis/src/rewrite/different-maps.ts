import { parsePolicy } from "@sallyport/policy";
import type { Bytes, HbaRule, Mapping, ServerProfile } from "@sallyport/policy";

/**
 * Mappings by which every map that these rules name means something else. What really stands in the maps is not looked at: it may
 * change, and rules that name different ones are never taken for equal.
 */
export function differentMaps(rules: readonly HbaRule[], profile: ServerProfile): readonly Mapping[] {
  const names = new Set<Bytes>();
  for (const { options } of rules) if (options.map !== undefined) names.add(options.map);
  if (names.size === 0) return [];
  const bytes = [...names].map((name) => `${quoted(name)} ${quoted(`of ${name}`)} "somebody"\n`).join("");
  const files = new Map([
    ["/hba", { bytes: "" }],
    ["/ident", { bytes }],
  ]);
  const disk = { files, directories: new Map(), zones: new Map(), hosts: new Map() };
  const { ident } = parsePolicy({ hbaFileName: "/hba", identFileName: "/ident", profile }, disk);
  return ident?.mappings ?? [];
}

function quoted(text: Bytes): Bytes {
  return `"${text.replaceAll('"', '""')}"`;
}
