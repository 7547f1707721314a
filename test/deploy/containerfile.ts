import { chmod, chown, cp, mkdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, matchesGlob, relative } from "node:path";
import { command } from "@sallyport/testkit";

interface Instruction {
  readonly name: string;
  readonly text: string;
}

interface Stage {
  readonly base: string;
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
}

/** What a container is started with. */
export interface Image {
  /** The directory that holds what its steps made; of the base image there is nothing in it. */
  readonly root: string;
  readonly base: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  readonly exposed: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** Reads a Containerfile; its stages in order. */
export async function readContainerfile(path: string): Promise<readonly Stage[]> {
  const stages: { base: string; name: string | null; instructions: Instruction[] }[] = [];
  for (const line of (await readFile(path, "utf8")).split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name = "", text = ""] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    if (name === "FROM") {
      const [, base = "", as] = /^(\S+)(?: AS (\S+))?$/.exec(text) ?? [];
      stages.push({ base, name: as ?? null, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (!stage || name === "") throw new Error(`this interpreter does not know: ${line}`);
      stage.instructions.push({ name, text });
    }
  }
  return stages;
}

/**
 * Carries out the steps of a Containerfile, each stage in a directory of its own, with this machine in place of the base
 * image. A step that names a path of the image by its full name cannot be run so, and is refused; COPY may.
 *
 * @param context the directory that it is built from
 */
export async function build(containerfile: string, context: string, room: string): Promise<Image> {
  const ignored = await readIgnoreFile(`${containerfile}.dockerignore`);
  const stages = await readContainerfile(containerfile);
  const roots = new Map<string, string>();
  let image: Image | null = null;
  for (const [index, { base, name, instructions }] of stages.entries()) {
    const root = join(room, `stage${index}`);
    await mkdir(root);
    if (name !== null) roots.set(name, root);
    image = {
      root,
      base,
      environment: {},
      workdir: "/",
      user: "0:0",
      exposed: [],
      entrypoint: [],
      command: [],
    };
    for (const instruction of instructions) {
      image = await step(image, instruction, (from) => {
        const source = from === undefined ? context : roots.get(from);
        if (source === undefined) throw new Error(`there is no stage ${from}`);
        return { source, keep: (path) => from !== undefined || !ignored(relative(context, path)) };
      });
    }
  }
  if (image === null) throw new Error(`${containerfile} has no stage`);
  return image;
}

/** Where COPY copies from: a stage, or the context without what is ignored in it. */
type SourceOf = (from: string | undefined) => {
  readonly source: string;
  readonly keep: (path: string) => boolean;
};

async function step(image: Image, { name, text }: Instruction, sourceOf: SourceOf): Promise<Image> {
  switch (name) {
    case "WORKDIR":
      await mkdir(join(image.root, text), { recursive: true });
      return { ...image, workdir: text };
    case "ENV":
      return { ...image, environment: { ...image.environment, ...pairs(text) } };
    case "USER":
      return { ...image, user: text };
    case "EXPOSE":
      return { ...image, exposed: [...image.exposed, ...text.split(" ")] };
    case "ENTRYPOINT":
      return { ...image, entrypoint: JSON.parse(text) as string[] };
    case "CMD":
      return { ...image, command: JSON.parse(text) as string[] };
    case "STOPSIGNAL":
      if (text !== "SIGTERM") throw new Error(`a pod is stopped by SIGTERM, not by ${text}`);
      return image;
    case "COPY":
      await copy(image, text, sourceOf);
      return image;
    case "RUN":
      await run(image, text);
      return image;
    default:
      throw new Error(`this interpreter does not know ${name}`);
  }
}

function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(" ").map((pair) => {
      const [name = "", value = ""] = pair.split("=");
      return [name, value] as const;
    }),
  );
}

async function copy(image: Image, text: string, sourceOf: SourceOf): Promise<void> {
  const words = text.split(" ");
  const flags = Object.fromEntries(
    words.filter((word) => word.startsWith("--")).map((word) => word.slice(2).split("=") as [string, string]),
  );
  const paths = words.filter((word) => !word.startsWith("--"));
  const to = paths.pop() ?? "";
  const target = to.startsWith("/") ? join(image.root, to) : join(image.root, image.workdir, to);
  const { source, keep } = sourceOf(flags["from"]);
  for (const path of paths) {
    const file = join(source, path);
    // A file goes into the directory (`./`) by its name; of a directory its contents go.
    const intoDirectory = to.endsWith("/") && (await stat(file)).isFile();
    const destination = intoDirectory ? join(target, basename(path)) : target;
    await mkdir(dirname(destination), { recursive: true });
    await cp(file, destination, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (from) => from === file || keep(from),
    });
  }
  if (flags["chmod"] !== undefined) await chmod(target, Number.parseInt(flags["chmod"], 8));
  if (flags["chown"] !== undefined) {
    const [uid = 0, gid = 0] = flags["chown"].split(":").map(Number);
    await chown(target, uid, gid);
  }
}

async function run(image: Image, text: string): Promise<void> {
  if (/(?:^|\s)\//.test(text)) throw new Error(`a step by full path would change this machine: ${text}`);
  const { PATH = "", HOME = "" } = process.env;
  // The registry of this machine's npm, and nothing of the checkout's own settings.
  const npm = Object.entries(process.env).filter(([name]) =>
    /^npm_config_registry$|_proxy$|^NODE_EXTRA_CA/i.test(name),
  );
  const { status, stdout, stderr } = await command("sh", ["-c", text], {
    cwd: join(image.root, image.workdir),
    env: {
      ...Object.fromEntries(npm),
      HOME,
      PATH: `${dirname(process.execPath)}:${PATH}`,
      ...image.environment,
    },
    timeoutMs: 240_000,
  });
  if (status !== 0) throw new Error(`${text}\n${stdout}${stderr}`);
}

/** Patterns as Docker reads them: the last one that fits a path, or a directory that it is in, decides. */
async function readIgnoreFile(path: string): Promise<(file: string) => boolean> {
  const patterns = (await readFile(path, "utf8"))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return (file) => {
    const parts = file.split("/");
    const itsPaths = parts.map((_, at) => parts.slice(0, at + 1).join("/"));
    let ignored = false;
    for (const pattern of patterns) {
      const glob = pattern.replace("!", "");
      if (itsPaths.some((one) => matchesGlob(one, glob))) ignored = !pattern.startsWith("!");
    }
    return ignored;
  };
}
