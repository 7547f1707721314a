import type { Bytes } from "@sallyport/policy";

/** Some names, or (`except`) every name but some. */
export interface NameSet {
  readonly except: boolean;
  readonly names: ReadonlySet<Bytes>;
}

export const everyName: NameSet = { except: true, names: new Set() };
const noName: NameSet = { except: false, names: new Set() };

/** NAMEDATALEN - 1: the server cuts what a client sends, so no longer name ever comes. */
export const longestName = 63;

/** Of system users nothing limits the length: distinguished names are longer than roles. Longer than this nobody's is. */
export const longestSystemUser = 4096;

/** Can a connection have it? Not the empty name, nor one that is too long. */
export function isPossible(name: Bytes): boolean {
  return name !== "" && name.length <= longestName;
}

/** Only these. What no connection can have is left out. */
export function onlyNames(names: Iterable<Bytes>): NameSet {
  const possible = new Set<Bytes>();
  for (const name of names) if (isPossible(name)) possible.add(name);
  return { except: false, names: possible };
}

/** Of whatever length: system users may have longer names than roles. */
export function onlyName(name: Bytes): NameSet {
  return { except: false, names: new Set([name]) };
}

export function hasName({ except, names }: NameSet, name: Bytes): boolean {
  return names.has(name) !== except;
}

export function isNoName({ except, names }: NameSet): boolean {
  return !except && names.size === 0;
}

/** How many names are looked at to tell what is in both. */
export function namesCompared(a: NameSet, b: NameSet): number {
  if (a.except !== b.except) return (a.except ? b : a).names.size;
  return a.except
    ? Math.min(a.names.size, b.names.size) && a.names.size + b.names.size
    : Math.min(a.names.size, b.names.size);
}

/** What is in both. */
export function bothNames(a: NameSet, b: NameSet): NameSet {
  if (a.except && b.except) {
    if (a.names.size === 0) return b;
    if (b.names.size === 0) return a;
    return { except: true, names: new Set([...a.names, ...b.names]) };
  }
  const few = isFirst(a, b) ? a : b;
  const other = few === a ? b : a;
  if (other.except && other.names.size === 0) return few;
  return { except: false, names: new Set([...few.names].filter((name) => hasName(other, name))) };
}

/** Is no name in both? */
export function areApart(a: NameSet, b: NameSet): boolean {
  if (a.except && b.except) return false;
  const few = isFirst(a, b) ? a : b;
  const other = few === a ? b : a;
  for (const name of few.names) if (hasName(other, name)) return false;
  return true;
}

/** Of two sets, of which one at least has an end: is this the one to go through? */
function isFirst(a: NameSet, b: NameSet): boolean {
  return !a.except && (b.except || a.names.size <= b.names.size);
}

/** What is in the first and not in the other. */
export function namesBut(a: NameSet, { except, names }: NameSet): NameSet {
  if (except && names.size === 0) return noName;
  return bothNames(a, { except: !except, names });
}
