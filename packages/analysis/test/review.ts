import { parsePolicy, serverProfile } from "@sallyport/policy";
import type {
  DirectoryContent,
  Disk,
  FileContent,
  InterfaceAddress,
  ProfileOptions,
  Reading,
  RoleCatalogue,
} from "@sallyport/policy";
import { reviewFiles } from "../src/index.ts";
import type { FileFinding, FileFindingId, Pooler } from "../src/index.ts";

export interface Reviewed {
  readonly ident?: string;
  readonly profile?: ProfileOptions;
  readonly catalogue?: RoleCatalogue;
  readonly interfaces?: readonly InterfaceAddress[];
  readonly poolers?: readonly Pooler[];
  /** More files, by their full names. */
  readonly files?: Readonly<Record<string, FileContent>>;
  readonly directories?: Readonly<Record<string, DirectoryContent>>;
  /** Also what is said of lines that never decide, which examples of anything else are often enough; default: no. */
  readonly reach?: boolean;
}

const ofReach: ReadonlySet<FileFindingId> = new Set([
  "unreachable-differs",
  "unreachable-same",
  "matches-nobody",
  "reach-not-checked",
]);

/** The two files of a made-up disk, read. */
export function read(
  hba: string,
  { ident, profile = {}, files = {}, directories = {} }: Reviewed = {},
): { readonly reading: Reading; readonly disk: Disk } {
  const made = serverProfile(profile);
  if ("error" in made) throw new Error(made.error);
  const disk: Disk = {
    files: new Map<string, FileContent>([
      ["/etc/pg_hba.conf", { bytes: hba }],
      ...(ident === undefined ? [] : [["/etc/pg_ident.conf", { bytes: ident }] as const]),
      ...Object.entries(files),
    ]),
    directories: new Map(Object.entries(directories)),
    zones: new Map([["eth9", false]]),
    hosts: new Map(),
  };
  const identFileName = ident === undefined ? null : "/etc/pg_ident.conf";
  const reading = parsePolicy({ hbaFileName: "/etc/pg_hba.conf", identFileName, profile: made }, disk);
  if (reading.needs.length > 0) throw new Error(`the disk lacks ${JSON.stringify(reading.needs)}`);
  return { reading, disk };
}

/** What is found in them. */
export function review(hba: string, options: Reviewed = {}): readonly FileFinding[] {
  const { reading, disk } = read(hba, options);
  const { catalogue = null, interfaces = null, poolers = [], reach = false } = options;
  const { findings } = reviewFiles(reading, { disk, catalogue, interfaces, poolers: new Set(poolers) });
  return reach ? findings : findings.filter(({ id }) => !ofReach.has(id));
}

/** The same as `id text`, where the text is what the caret is under. */
export function found(hba: string, options: Reviewed = {}): string[] {
  return review(hba, options).map(({ id, excerpt }) => {
    const [line = "", caret = ""] = excerpt ?? [];
    return `${id} ${line.slice(caret.indexOf("^"), caret.length)}`;
  });
}
