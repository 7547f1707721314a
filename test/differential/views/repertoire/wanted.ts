import type { Feature, ServerProfile } from "@sallyport/policy";

/** Something that the generators have to bring about, and where it exists. */
export interface Wanted {
  readonly name: string;
  /** The first and the last major version that has it. */
  readonly since?: number;
  readonly until?: number;
  /** What a server has to be built with, or without. */
  readonly needs?: Feature;
  readonly lacks?: Feature;
  /** Why no generator can bring it about on Linux. */
  readonly unreachable?: string;
}

/** Can a server of this profile show it? */
export function existsIn({ since = 0, until = 99, needs, lacks }: Wanted, profile: ServerProfile): boolean {
  const { version, features } = profile;
  const built = (needs === undefined || features.has(needs)) && (lacks === undefined || !features.has(lacks));
  return version.major >= since && version.major <= until && built;
}
