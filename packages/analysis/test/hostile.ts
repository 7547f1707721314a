import { seededRandom } from "@sallyport/testkit";

type Random = ReturnType<typeof seededRandom>;

/** Files that are written to be slow to analyse, by what they are slow with: a line of each, for a place in the file. */
const lines = {
  "masks with holes": (r) =>
    `host all all ${address(r)} ${Array.from({ length: 4 }, () => r.below(256) | r.below(256)).join(".")} md5`,
  "networks of all sizes": (r) => `host all all ${address(r)}/${8 + r.below(25)} md5`,
  "networks of one size, then their sum": (_, at) =>
    at % 4097 === 4096
      ? "host all all 10.0.0.0/8 md5"
      : `host all all 10.0.${(at >> 8) & 255}.${at & 255}/32 md5`,
  "names crossed with networks": (r) =>
    `host ${names(r, "d", 8)} ${names(r, "u", 8)} ${address(r)}/${r.below(9)} md5`,
  "long lists of names": (r) => `host ${names(r, "d", 120)} ${names(r, "u", 120)} all md5`,
  "groups and expressions": (r) =>
    `local /${word(r)},/${word(r)},samerole +${word(r)},+${word(r)},/${word(r)} md5`,
  "lists of groups": (r) => `local ${names(r, "/d", 40)} ${names(r, "+u", 40)} md5`,
  "expressions that multiply": (r) => `local all /${word(r)}.*${word(r)} md5`,
  "expressions with a long memory": (r) => `local all /${word(r)}.{${10 + r.below(40)}}${word(r)} md5`,
  "large expressions": (r, at) => `local all "/x${at}(${word(r)}{0,9}){0,90}" md5`,
  "host names": (r) => `host all +${word(r)} .${word(r)}.${word(r)} md5`,
  everything: (r) =>
    `host sameuser,samerole,/${word(r)} +${word(r)},/${word(r)},u${r.below(9)} ${address(r)} 255.0.${r.below(256)}.0 md5`,
} satisfies Readonly<Record<string, (random: Random, at: number) => string>>;

export type HostileKind = keyof typeof lines | "one line";

export const hostileKinds: readonly HostileKind[] = [
  ...Object.keys(lines).filter((kind): kind is keyof typeof lines => kind in lines),
  "one line",
];

/** A file of about so many bytes that loads. */
export function hostile(kind: HostileKind, bytes: number): string {
  const random = seededRandom(1);
  if (kind === "one line") return oneLine(bytes);
  const all: string[] = [];
  for (let [length, at] = [0, 0]; length < bytes; at += 1) {
    const line = lines[kind](random, at);
    all.push(line);
    length += line.length + 1;
  }
  // In the end a line that meets all of them.
  return `${all.join("\n")}\nhost all all all reject\n`;
}

function oneLine(bytes: number): string {
  const list = (sign: string): string =>
    Array.from({ length: bytes / 16 }, (_, at) => `${sign}${at.toString(36)}`).join(",");
  return `local ${list("/d")} ${list("+u")} md5\nlocal ${list("/e")} ${list("+v")} md5\nlocal all all reject\n`;
}

function address(r: Random): string {
  return [10, r.below(256), r.below(256), r.below(256)].join(".");
}

function names(r: Random, prefix: string, count: number): string {
  return Array.from({ length: count }, () => `${prefix}${r.below(count * 4)}`).join(",");
}

function word(r: Random): string {
  return String.fromCharCode(97 + r.below(26), 97 + r.below(26));
}
