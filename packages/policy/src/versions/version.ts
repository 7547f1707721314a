/** A release of PostgreSQL, such as 16.9. */
export interface Version {
  readonly major: number;
  readonly minor: number;
}

/** The majors that are understood (the files of older ones have another language, of newer ones nobody asked). */
export const oldestMajor = 10;
export const newestMajor = 19;

/** What stands for the newest release of a major: `18` without a minor means a server that is kept up to date. */
const newestMinor = 9999;

/**
 * The release that a text names: `18`, `16.9`, `18beta1`, `19rc1`, or the number `160009` as `server_version_num`
 * has it. Null: it names none. What comes before the first release of a major counts as that release.
 */
export function parseVersion(text: string): Version | null {
  const [, number = "", minor, early] =
    /^(\d{2}|\d{6})(?:\.(\d{1,4})|(beta\d+|rc\d+|devel))?$/.exec(text) ?? [];
  if (number === "") return null;
  if (number.length === 2) {
    return { major: Number(number), minor: early === undefined ? Number(minor ?? newestMinor) : 0 };
  }
  if (minor !== undefined || early !== undefined) return null;
  return { major: Math.floor(Number(number) / 10_000), minor: Number(number) % 10_000 };
}

/**
 * Has this release what came with another? `16` is every release from 16.0 on; `13.19` is a change that was brought into
 * that branch with its release 19, and says nothing of other branches.
 */
export function isFrom({ major, minor }: Version, since: string): boolean {
  const [sinceMajor = 0, sinceMinor] = since.split(".").map(Number);
  if (sinceMinor === undefined) return major >= sinceMajor;
  return major === sinceMajor && minor >= sinceMinor;
}

/** `16.9`, or `16` where no minor was given. */
export function versionText({ major, minor }: Version): string {
  return minor === newestMinor ? String(major) : `${major}.${minor}`;
}
