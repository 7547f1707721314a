import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { freePort, seededRandom, startPostgres, tempDirectory } from "@sallyport/testkit";
import { repliesTo } from "../../packages/gateway/test/raw-client.ts";
import { sallyport, serve } from "../../packages/sallyport/test/cli.ts";
import { figuresOf } from "./hostile/process.ts";
import { accountOf } from "./reload/account.ts";
import { brokenText, hbaVersion, identVersion, localRoles, tcpRoles } from "./reload/generation.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const seconds = Number(process.env["SECONDS"] ?? 600);
const loginsPerSecond = 50;

test(
  `reloads of good and bad files under logins (SEED=${seed} SECONDS=${seconds})`,
  async () => {
    const r = seededRandom(seed);
    await using server = await startPostgres({ settings: { max_connections: "150" } });
    const roles = [...tcpRoles, ...localRoles].map((role) => `create role ${role} login`);
    const statements = ["create role sallyport login", "grant select on pg_authid to sallyport", ...roles];
    const made = await server.psql(statements.flatMap((sql) => ["-c", sql]));
    expect(made.stderr).toBe("");
    await using room = await tempDirectory();
    const directory = join(room.path, "gate");
    const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
    expect((await sallyport(["init", "-D", directory, "--upstream", upstream])).stderr).toBe("");

    const hbas = Array.from({ length: 20 }, () => hbaVersion(r));
    const idents = Array.from({ length: 20 }, () => identVersion(r));
    /** Files are replaced, never written in place: what lies there is always the whole of one. */
    const replace = async (name: string, text: string): Promise<void> => {
      await writeFile(join(directory, `${name}.new`), text);
      await rename(join(directory, `${name}.new`), join(directory, name));
    };
    await replace("pg_hba.conf", hbas[0]?.text ?? "");
    await replace("pg_ident.conf", idents[0]?.text ?? "");

    const port = await freePort();
    const settings = {
      port,
      unix_socket_directories: room.path,
      max_connections: 120,
      log_connections: "all",
      log_disconnections: "off",
      log_line_prefix: "%p ",
      config_watch: "on",
    };
    const own = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    await using gate = await serve(["-D", directory, ...own]);
    const before = await figuresOf(gate.pid);

    const end = performance.now() + seconds * 1000;
    const change = async (): Promise<void> => {
      while (performance.now() < end) {
        const [hba, ident] = [
          hbas[r.below(hbas.length)]?.text ?? "",
          idents[r.below(idents.length)]?.text ?? "",
        ];
        if (r.chance(0.7)) await replace("pg_hba.conf", r.chance(0.3) ? brokenText(hba, r) : hba);
        if (r.chance(0.7)) await replace("pg_ident.conf", r.chance(0.3) ? brokenText(ident, r) : ident);
        if (r.chance(0.6)) process.kill(gate.pid, "SIGHUP");
        await delay(r.below(400));
      }
    };
    const heard = new Map<string, number>();
    const logIn = async (role: string): Promise<void> => {
      const path = join(room.path, `.s.PGSQL.${port}`);
      const target = role.startsWith("t") ? { host: "127.0.0.1", port } : { path };
      const last = (await repliesTo(target, { user: role, database: "postgres" })).at(-1);
      const answer = last === undefined ? "nothing" : `${last.kind} ${last.words[0] ?? ""}`.trimEnd();
      heard.set(answer, (heard.get(answer) ?? 0) + 1);
    };
    const logins: Promise<void>[] = [];
    const roleNames = [...tcpRoles, ...localRoles];
    const knock = async (): Promise<void> => {
      for (let next = performance.now(); next < end; next += 1000 / loginsPerSecond) {
        await delay(Math.max(0, next - performance.now()));
        logins.push(logIn(roleNames[r.below(roleNames.length)] ?? ""));
      }
    };
    await Promise.all([change(), knock()]);
    await Promise.all(logins);
    const after = await figuresOf(gate.pid);
    expect(await gate.stop("SIGTERM")).toBe(0);

    const account = accountOf(gate.output(), hbas, idents);
    console.info(
      [
        `${logins.length} logins and ${account.reloads} reloads (${account.refusals} refused a file) in ${seconds} s`,
        `they heard: ${JSON.stringify(Object.fromEntries(heard))}`,
        `decided by no pair of files that counted: ${account.unexplained.length}`,
        `memory (RSS, MiB): ${before.rss.toFixed(0)} before, ${after.rss.toFixed(0)} after; descriptors: ${before.descriptors}, ${after.descriptors}`,
      ].join("\n"),
    );
    expect(account.unexplained).toEqual([]);
    expect(account.logins).toBe(logins.length);
    expect([...heard.keys()].toSorted()).toEqual(["E 28000", "Z"]);
    expect(account.reloads).toBeGreaterThan(seconds / 2);
    expect(account.refusals).toBeGreaterThan(0);
  },
  (seconds + 300) * 1000,
);
