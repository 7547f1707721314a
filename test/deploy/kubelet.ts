import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Image } from "./containerfile.ts";

/** The part of a Deployment's pod that a test runs. */
export interface PodSpec {
  readonly securityContext: {
    readonly runAsNonRoot: boolean;
    readonly runAsUser: number;
    readonly runAsGroup: number;
    readonly fsGroup: number;
    readonly seccompProfile: { readonly type: string };
  };
  readonly terminationGracePeriodSeconds: number;
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly securityContext: {
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly drop: readonly string[] };
  };
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string; readonly defaultMode: number };
  readonly emptyDir?: object;
}

type Files = Readonly<Record<string, string | Uint8Array>>;

let generation = 0;

/**
 * Puts files where a pod finds them, as Kubernetes does: in a directory of this moment, to which the link `..data`
 * points; each file is a link through that one, so that all change at once.
 */
export async function project(directory: string, files: Files, gid: number, mode = 0o644): Promise<void> {
  const fresh = `..2026_11_22_${(generation += 1)}`;
  await mkdir(join(directory, fresh), { recursive: true });
  for (const [name, contents] of Object.entries(files)) {
    const file = join(directory, fresh, name);
    await writeFile(file, contents);
    await chown(file, 0, gid);
    await chmod(file, mode);
    await symlink(join("..data", name), join(directory, name)).catch(() => undefined); // there already
  }
  await symlink(fresh, join(directory, "..data_tmp"));
  await rename(join(directory, "..data_tmp"), join(directory, "..data"));
  // Kubernetes, too, removes what was before at once.
  if (generations.has(directory))
    await rm(join(directory, generations.get(directory) ?? ""), { recursive: true });
  generations.set(directory, fresh);
}

const generations = new Map<string, string>();

/** Makes the volumes of a pod; the directory of each by its name. */
export async function makeVolumes(
  { volumes, securityContext: { fsGroup } }: PodSpec,
  room: string,
  contents: { readonly configMap: Files; readonly secret: Files },
): Promise<ReadonlyMap<string, string>> {
  const directories = new Map<string, string>();
  for (const { name, configMap, secret } of volumes) {
    const directory = join(room, `volume-${name}`);
    await mkdir(directory);
    directories.set(name, directory);
    if (configMap) await project(directory, contents.configMap, fsGroup);
    else if (secret) await project(directory, contents.secret, fsGroup, secret.defaultMode);
    await chown(directory, 0, fsGroup);
    await chmod(directory, configMap || secret ? 0o755 : 0o2777);
  }
  return directories;
}

export interface RunningContainer {
  readonly pid: number;
  readonly output: () => string;
  /** Resolves when it has said this; rejects if it ends before. */
  readonly said: (words: string) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Its exit status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts a container of a pod from its image. */
export function startContainer(
  image: Image,
  pod: PodSpec,
  container: Container,
  volumes: ReadonlyMap<string, string>,
): RunningContainer {
  const { runAsUser, runAsGroup, fsGroup } = pod.securityContext;
  const mounts = container.volumeMounts.map(({ name, mountPath, readOnly = false }) => {
    const directory = volumes.get(name);
    if (directory === undefined) throw new Error(`there is no volume ${name}`);
    return `${directory} ${mountPath} ${readOnly ? "ro" : "rw"}`;
  });
  // `command` stands in for ENTRYPOINT, and then CMD is not used; `args` stands in for CMD.
  const args = container.args ?? (container.command ? [] : image.command);
  const program = [...(container.command ?? image.entrypoint), ...args];
  const script = fileURLToPath(new URL("pod.sh", import.meta.url));
  // The engine's variables are seen by the container, too; in a real one they are not there.
  const child = spawn("unshare", ["-m", "sh", "-e", script, ...program], {
    env: {
      ...image.environment,
      PATH: `/.engine:${process.env["PATH"] ?? ""}`,
      ROOT: image.root,
      NODE: process.execPath,
      MOUNTS: mounts.join("\n"),
      OWNER: String(runAsUser),
      GROUP: String(runAsGroup),
      GROUPS_TOO: String(fsGroup),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  }
  const ended = once(child, "close").then(() => child.exitCode ?? child.signalCode);
  const said = async (words: string): Promise<void> => {
    while (!output.includes(words)) {
      const over = ended.then((status) => Promise.reject(new Error(`it ended (${status}):\n${output}`)));
      await Promise.race([once(child.stderr, "data"), over]);
    }
  };
  return {
    pid: child.pid ?? 0,
    output: () => output,
    said,
    kill: (signal) => void child.kill(signal),
    ended,
  };
}
