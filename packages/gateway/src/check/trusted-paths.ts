import { lstat, realpath } from "node:fs/promises";
import { posix } from "node:path";
import type { Bytes } from "@sallyport/policy";
import { finding, quoted } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";

const stickyBit = 0o1000;

/**
 * Files, and directories on the way to them, that somebody may write who is not trusted; as of links, of the way that
 * is written and of the way that it leads. What is not there is passed over.
 *
 * @param paths full
 * @param trusted the user ids of those who may: root, and who runs the gateway
 */
export async function checkWriters(paths: Iterable<Bytes>, trusted: ReadonlySet<number>): Promise<Finding[]> {
  const seen = new Set<Bytes>();
  const findings: Finding[] = [];
  for (const path of paths) {
    for (const step of [...stepsTo(path), ...stepsTo(await realPath(path))]) {
      if (seen.has(step)) continue;
      seen.add(step);
      const who = await otherWriter(step, trusted);
      if (who === null) continue;
      const hint = `Who may write there decides who gets in: ${who.remedy}.`;
      findings.push(finding("writable-by-others", `${quoted(step)} may be written by ${who.name}`, { hint }));
    }
  }
  return findings;
}

/** `/a/b` gives `/`, `/a`, `/a/b`. */
function stepsTo(path: Bytes): Bytes[] {
  const steps: Bytes[] = [];
  for (let step = path; ; step = posix.dirname(step)) {
    steps.unshift(step);
    if (step === posix.dirname(step)) return steps;
  }
}

async function realPath(path: Bytes): Promise<Bytes> {
  const found = await realpath(Buffer.from(path, "latin1"), { encoding: "buffer" }).catch(() => null);
  return found?.toString("latin1") ?? path;
}

async function otherWriter(
  path: Bytes,
  trusted: ReadonlySet<number>,
): Promise<{ readonly name: string; readonly remedy: string } | null> {
  const status = await lstat(Buffer.from(path, "latin1")).catch(() => null);
  if (status === null || status.isCharacterDevice()) return null;
  const { mode, uid, gid } = status;
  if (!trusted.has(uid)) {
    return {
      name: `its owner (user ID ${uid}), who is neither root nor runs the gateway`,
      remedy: "give it to root or to the user that runs the gateway",
    };
  }
  // The bits of a link mean nothing; in a sticky directory nobody can replace what is another's.
  if (status.isSymbolicLink() || (status.isDirectory() && (mode & stickyBit) !== 0)) return null;
  if ((mode & 0o002) !== 0) return { name: "everybody", remedy: "chmod go-w" };
  return (mode & 0o020) === 0 ? null : { name: `its group (group ID ${gid})`, remedy: "chmod g-w" };
}
