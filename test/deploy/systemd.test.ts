import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command, freePort, osUser, psql, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { CommandResult, TempDirectory, TestPostgres } from "@sallyport/testkit";
import { datagramReader } from "../../packages/methods/test/datagram-reader.ts";
import { makeGate, prepare } from "./gate.ts";
import { allowedSystemCalls, only, readUnit } from "./unit-file.ts";
import type { Unit } from "./unit-file.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const units = join(checkout, "deploy/systemd");
const service = join(units, "sallyport@.service");
const sandbox = fileURLToPath(new URL("sandbox.sh", import.meta.url));

/** Whatever it is, it is shown if a test fails. */
const anything = expect.any(String) as string;

let room: TempDirectory;

beforeAll(async () => {
  room = await tempDirectory(0o711);
});

afterAll(async () => {
  await room?.remove();
});

describe("the units", () => {
  /** Their instances for the gate `main`, with our checkout where they name the installed one. */
  async function instances(): Promise<readonly string[]> {
    const directory = join(room.path, "units");
    await mkdir(directory, { recursive: true });
    const files = ["sallyport@main.service", "sallyport@main.socket"].map((name) => join(directory, name));
    for (const kind of ["service", "socket"]) {
      const text = await readFile(join(units, `sallyport@.${kind}`), "utf8");
      await writeFile(join(directory, `sallyport@main.${kind}`), text.replaceAll("/opt/sallyport", checkout));
    }
    return files;
  }

  test("hold nothing that systemd does not understand", async () => {
    const { status, stdout, stderr } = await command("systemd-analyze", [
      "verify",
      "--man=no",
      ...(await instances()),
    ]);
    // The units of the machine, which ours are ordered by, are read, too.
    const ofOurs = stderr.split("\n").filter((line) => !/^\/(?:usr\/)?lib\/systemd\/system\//.test(line));
    expect({ status, stdout, stderr: ofOurs.join("\n") }).toEqual({ status: 0, stdout: "", stderr: "" });
    const user = await command("systemd-sysusers", ["--dry-run", join(units, "sallyport.sysusers")]);
    expect(user.status).toBe(0);
  });

  test("leave the gateway no more than it needs, by systemd's own count", async () => {
    const [file = ""] = await instances();
    const args = ["security", "--offline=true", "--threshold=20", "--no-pager", file];
    const { status, stdout } = await command("systemd-analyze", args);
    expect({ status, last: stdout.trim().split("\n").at(-1) }).toMatchObject({ status: 0 });
  });

  test("speak of one directory for the Unix socket", async () => {
    const [gateway, sockets] = [await readUnit(service), await readUnit(join(units, "sallyport@.socket"))];
    expect(only(gateway, "RuntimeDirectory")).toBe("sallyport/%i");
    expect(sockets.get("ListenStream")).toContain("%t/sallyport/%i/.s.PGSQL.6432");
    expect(only(sockets, "BindIPv6Only")).toBe("ipv6-only");
  });
});

/** Mounts need root, and not in a container that forbids them. */
const canMount = spawnSync("unshare", ["-m", "true"]).status === 0;

describe.skipIf(!canMount)("the gateway under the restrictions of its unit (as root)", () => {
  let server: TestPostgres;
  let port: number;

  beforeAll(async () => {
    [server, port] = await Promise.all([
      startPostgres({ settings: { unix_socket_permissions: "0777" } }),
      freePort(),
    ]);
    await prepare(server);
    await chmod(server.socketDirectory, 0o755);
  });

  afterAll(async () => {
    await server?.stop();
  });

  /** A gate as it stands in /etc: of root, readable by the gateway's group; and directories that are the gateway's. */
  async function directories(): Promise<Record<"GATE" | "STATE" | "RUN" | "UPSTREAM", string>> {
    const at = {
      GATE: join(room.path, "gate"),
      STATE: join(room.path, "state"),
      RUN: join(room.path, "run"),
    };
    const { uid, gid } = osUser("nobody");
    await makeGate(
      at.GATE,
      server,
      "local all all peer map=os\nhost all pam samehost pam pamservice=other\nhost all gss samehost gss\nhost all all samehost trust\n",
      "os root app\n",
    );
    const conf = join(at.GATE, "sallyport.conf");
    const text = (await readFile(conf, "utf8"))
      .replace(/^port = .*$/m, `port = ${port}\nunix_socket_group = '${gid}'\ndata_directory = '/mnt/state'`)
      .replace(/^unix_socket_directories = .*$/m, "unix_socket_directories = '/mnt/run'")
      .replace(/^listen_addresses = .*$/m, "listen_addresses = '127.0.0.1'")
      .replace(
        /^upstream = .*$/m,
        `upstream = 'host=/mnt/upstream port=${server.port} user=sallyport dbname=postgres'`,
      );
    await writeFile(conf, text);
    for (const name of await readdir(at.GATE)) {
      await chown(join(at.GATE, name), 0, gid);
      await chmod(join(at.GATE, name), 0o640);
    }
    await chown(at.GATE, 0, gid);
    await chmod(at.GATE, 0o750);
    for (const own of [at.STATE, at.RUN]) {
      await mkdir(own);
      await chown(own, uid, gid);
      await chmod(own, own === at.STATE ? 0o700 : 0o755);
    }
    return { ...at, UPSTREAM: server.socketDirectory };
  }

  /** The command of the unit, with the places of the sandbox for those of an installation. */
  function commandOf(unit: Unit, option: "ExecStart" | "ExecReload"): string[] {
    return only(unit, option)
      .replaceAll("/opt/sallyport", "/mnt/sallyport")
      .replaceAll("/etc/sallyport/%i", "/mnt/gate")
      .split(" ");
  }

  async function login(host: string, user: string = "app"): Promise<CommandResult> {
    const env = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: "postgres", PGPASSWORD: "x" };
    return await psql(["-c", "select current_user"], { env });
  }

  test("starts, lets in, reloads and stops; what it writes is where it may", async () => {
    const unit = await readUnit(service);
    const places = await directories();
    const notify = `@sallyport-test-sandbox-${process.pid}`;
    await using reader = await datagramReader(notify);
    const confinement = {
      calls: await allowedSystemCalls(unit),
      families: only(unit, "RestrictAddressFamilies").split(" "),
    };
    expect(confinement.calls).not.toContain("setuid");
    expect(confinement.calls.length).toBeGreaterThan(200);
    const [node = "", ...rest] = commandOf(unit, "ExecStart");
    const confined = [node, "/mnt/sallyport/test/deploy/confine.ts", node, ...rest];
    const child = spawn("unshare", ["-m", "sh", "-e", sandbox, ...confined], {
      env: {
        PATH: process.env["PATH"],
        NODE_OPTIONS: "--conditions=sallyport-source",
        NOTIFY_SOCKET: notify,
        CHECKOUT: checkout,
        CONFINEMENT: JSON.stringify(confinement),
        ...places,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    }
    const exited = once(child, "exit");
    try {
      await Promise.race([reader.has("READY=1\n"), exited]);
      expect({ ended: child.exitCode ?? child.signalCode, output }).toEqual({
        ended: null,
        output: anything,
      });
      const status = await readFile(`/proc/${child.pid}/status`, "utf8");
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect(status).toMatch(/^CapBnd:\t0+$/m);
      expect(status).toMatch(/^Seccomp:\t2$/m);

      const isIn = { status: 0, stdout: "app\n", stderr: "" };
      expect(await login("127.0.0.1")).toEqual(isIn);
      expect(await login(places.RUN)).toEqual(isIn);
      // Processes and threads of the methods run there, too: what they say is that of a refusal.
      expect(await login("127.0.0.1", "pam")).toMatchObject({ status: 2 });
      expect(output).toMatch(/LOG: {2}pam_authenticate failed: (?:Authentication failure|User not known)/);
      expect(await login("127.0.0.1", "gss")).toMatchObject({ status: 2 });
      const inside = [
        "-t",
        String(child.pid),
        "-m",
        "setpriv",
        "--reuid=nobody",
        "--regid=nogroup",
        "--clear-groups",
      ];
      const env = { ...process.env, NODE_OPTIONS: "--conditions=sallyport-source" };
      const reload = await command("nsenter", [...inside, ...commandOf(unit, "ExecReload")], { env });
      expect(reload).toMatchObject({ status: 0, stderr: "" });
      await reader.has("pg_ident.conf unchanged\n");
      expect(await login(places.RUN)).toEqual(isIn);
      expect((await readdir(places.STATE)).toSorted()).toContain("node.key");
      expect((await stat(join(places.RUN, `.s.PGSQL.${port}`))).gid).toBe(osUser("nobody").gid);
      child.kill("SIGTERM");
      await exited;
      expect({ ended: child.exitCode ?? child.signalCode, output }).toEqual({ ended: 0, output: anything });
      expect(output).not.toMatch(/WARNING|warning/);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
