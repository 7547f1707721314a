import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { canMount, freePort, startPostgres, tempDirectory } from "@sallyport/testkit";
import { until } from "../../packages/gateway/test/gate.ts";
import { sallyport } from "../../packages/sallyport/test/cli.ts";
import { median } from "./hostile/process.ts";
import { scramRate, stickLogins } from "./stuck-services/clients.ts";
import { startStuckGate } from "./stuck-services/gate.ts";

const seconds = Number(process.env["SECONDS"] ?? 5);
const rounds = Number(process.env["ROUNDS"] ?? 5);
const stuck = 50;
const services = (process.env["SERVICES"] ?? "ldap,radius,pam,dns").split(",");

/** Hears all, and says nothing. */
async function silence(address: string, port: number): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  socket.bind(port, address);
  await once(socket, "listening");
  return socket;
}

/** The longest delay of the gateway's event loop since the last time, in milliseconds. */
async function eventLoopDelay(address: string): Promise<number> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const [, value = "NaN"] = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text) ?? [];
  return Number(value) * 1000;
}

async function nobodyWaits(address: string): Promise<boolean> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return ["decision", "authentication"].every((stage) =>
    text.includes(`\nsallyport_connections{stage="${stage}"} 0\n`),
  );
}

test.skipIf(!canMount)(
  `a service that hangs, with ${stuck} logins stuck on it, leaves the others their rate (SECONDS=${seconds} ROUNDS=${rounds})`,
  async () => {
    await using server = await startPostgres({ settings: { max_connections: "150" } });
    const statements = [
      "create role sallyport login",
      "grant select (rolname, rolpassword) on pg_authid to sallyport",
      "create role app login password 'app-secret'",
      "create database fast",
    ];
    expect((await server.psql(statements.flatMap((sql) => ["-c", sql]))).stderr).toBe("");

    const ldap = createServer((socket) => socket.on("error", () => undefined).resume());
    ldap.listen(0, "127.0.0.1");
    await once(ldap, "listening");
    const radius = await silence("127.0.0.1", 0);
    const nameServer = "127.66.66.66";
    const names = await silence(nameServer, 53);

    await using room = await tempDirectory();
    const directory = join(room.path, "gate");
    const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
    expect((await sallyport(["init", "-D", directory, "--upstream", upstream])).stderr).toBe("");
    const { port: ldapPort } = ldap.address() as AddressInfo;
    const { port: radiusPort } = radius.address();
    const lines: Readonly<Record<string, string>> = {
      ldap: `host ldap all all ldap ldapserver=127.0.0.1 ldapport=${ldapPort} ldapprefix="cn="`,
      radius: `host radius all all radius radiusservers=127.0.0.1 radiusports=${radiusPort} radiussecrets=secret`,
      pam: "host pam all all pam pamservice=sleepy",
      dns: "host dns all .example.com scram-sha-256",
    };
    const slow = services.map((service) => lines[service] ?? "");
    const hba = ["host fast all all scram-sha-256", ...slow, ""].join("\n");
    await writeFile(join(directory, "pg_hba.conf"), hba);
    const [port, metricsPort] = [await freePort(), await freePort()];
    const metrics = `127.0.0.1:${metricsPort}`;
    const settings = {
      port,
      unix_socket_directories: room.path,
      authentication_timeout: "10s",
      upstream_auth: "service",
      log_connections: "off",
      metrics_address: metrics,
    };
    const own = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    await using gate = await startStuckGate(room.path, nameServer, ["-D", directory, ...own]);

    await scramRate(port, 2); // code warms up, and it is no service's fault how long that takes
    for (const service of services) {
      const ratios: number[] = [];
      const figures: string[] = [];
      for (let round = 0; round < rounds; round += 1) {
        await eventLoopDelay(metrics);
        const alone = await scramRate(port, seconds);
        const delayAlone = await eventLoopDelay(metrics);
        const stuckLogins = stickLogins(port, service, stuck);
        await delay(500);
        const beside = await scramRate(port, seconds);
        const delayBeside = await eventLoopDelay(metrics);
        stuckLogins[Symbol.dispose]();
        // The gateway notices that they have left when their service has answered, or their time is over.
        await until("nobody is stuck any more", async () => await nobodyWaits(metrics));
        expect(alone).toBeGreaterThan(0);
        ratios.push(beside / alone);
        figures.push(
          `${alone.toFixed(0)} -> ${beside.toFixed(0)}/s (longest delay ${delayAlone.toFixed(0)} -> ${delayBeside.toFixed(0)} ms)`,
        );
      }
      const ratio = median(ratios);
      process.stdout.write(`${service}: ${ratio.toFixed(2)} of the rate; ${figures.join(", ")}\n`);
      expect(ratio).toBeGreaterThanOrEqual(0.8);
    }
    expect(gate.output()).not.toContain("internal error");
    ldap.close();
    radius.close();
    names.close();
  },
);
