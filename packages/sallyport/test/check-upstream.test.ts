import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { certificateAuthority, startPostgres } from "@sallyport/testkit";
import { encodeErrorResponse } from "@sallyport/wire";
import { catalogRoles, checkRoom, conninfo } from "./check-room.ts";

const room = checkRoom();
const { check, findings, makeGate } = room;

interface FakeServer extends AsyncDisposable {
  readonly port: number;
}

/** Does something with each connection that has said something. */
async function fakeServer(answer: (socket: Socket) => void): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("it has no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}

describe("the upstream", () => {
  test("upstream-unreachable; with --offline it is not asked", async () => {
    const directory = await makeGate({ upstream: "host=127.0.0.1 port=1 user=sallyport" });
    expect(await findings(directory)).toEqual([
      expect.stringMatching(
        /^upstream-unreachable 6:12 connection to server at "127.0.0.1", port \d+ failed: connection refused$/i,
      ),
    ]);
    expect(await findings(directory, "--offline")).toEqual([]);
  });

  test("upstream-unreachable: it refuses the role of the catalogue", async () => {
    const directory = await makeGate({ upstream: conninfo(room.server, "nobody") });
    expect(await findings(directory)).toEqual([
      `upstream-unreachable 6:12 connection to server on socket "${room.server.paths.socket}" failed: role "nobody" does not exist`,
    ]);
  });

  test("in TLS: the server that is meant, or none; and who may write what decides that", async () => {
    await using ca = await certificateAuthority();
    await using other = await certificateAuthority({ subject: "/CN=another root" });
    const { chain, key } = await ca.issue({ subject: "/CN=localhost", names: "DNS:localhost" });
    const encrypted = await startPostgres({
      tcp: true,
      hba: "local all all trust\nhostssl all all all trust\n",
      ssl: { chain, key },
      settings: { max_connections: "200" },
    });
    await encrypted.psql([
      "-c",
      "create role sallyport login",
      "-c",
      "grant select on pg_authid to sallyport",
    ]);
    const gate = async (more: string): Promise<string> => {
      const to = `host=127.0.0.1 port=${encrypted.port} user=sallyport dbname=postgres`;
      return await makeGate({ upstream: `${to} ${more}` });
    };
    const away = `upstream-unreachable 6:12 connection to server at "127.0.0.1", port ${encrypted.port} failed:`;
    try {
      expect(await findings(await gate(`sslmode=verify-ca sslrootcert=${ca.certFile}`))).toEqual([]);
      expect(await findings(await gate(`sslmode=verify-ca sslrootcert=${other.certFile}`))).toEqual([
        `${away} SSL error: certificate verify failed: unable to verify the first certificate`,
      ]);
      expect(await findings(await gate(`sslmode=verify-full sslrootcert=${ca.certFile}`))).toEqual([
        `${away} server certificate for "localhost" (and 1 other name) does not match host name "127.0.0.1"`,
      ]);
      expect(await findings(await gate("sslmode=verify-ca sslrootcert=/nonexistent/root.crt"))).toEqual([
        expect.stringContaining(`${away} root certificate file "/nonexistent/root.crt" does not exist`),
      ]);
      await chmod(ca.certFile, 0o666);
      expect(await findings(await gate(`sslmode=verify-ca sslrootcert=${ca.certFile}`))).toEqual([
        `writable-by-others "${ca.certFile}" may be written by everybody`,
      ]);
    } finally {
      await encrypted.stop();
    }
  });

  test("upstream-host-away: one of several, each asked by itself", async () => {
    const hosts = `host=${room.server.socketDirectory},127.0.0.1 port=${room.server.port},1`;
    const directory = await makeGate({ upstream: `${hosts} user=sallyport dbname=postgres` });
    expect(await findings(directory)).toEqual([
      expect.stringMatching(
        /^upstream-host-away 6:12 connection to server at "127.0.0.1", port \d+ failed: /,
      ),
    ]);
  });

  test("one that says nothing is given up, and what it says is not obeyed by a terminal", async () => {
    await using silent = await fakeServer(() => undefined);
    await using rude = await fakeServer((socket) => {
      const fields = [
        { type: "S", value: "FATAL" },
        { type: "C", value: "28000" },
        { type: "M", value: "\u001b[2Jgone" },
      ];
      socket.end(encodeErrorResponse(fields));
    });
    const upstream = ({ port }: FakeServer, seconds: number): string =>
      `host=127.0.0.1 port=${port} user=sallyport connect_timeout=${seconds} sslmode=disable`;
    expect(await findings(await makeGate({ upstream: upstream(silent, 2) }))).toEqual([
      expect.stringMatching(/^upstream-unreachable 6:12 .*timeout expired$/),
    ]);
    const { stdout } = await check(["-D", await makeGate({ upstream: upstream(rude, 30) })]);
    expect(stdout).toContain(String.raw`failed: \u001b[2Jgone [upstream-unreachable]`);
  });

  test("upstream-refused: what is no connection string, or asks for what is not done", async () => {
    const refused = async (upstream: string): Promise<string[]> =>
      await findings(await makeGate({ upstream }));
    expect(await refused("nonsense")).toEqual([
      'upstream-refused 6:12 missing "=" after "nonsense" in connection info string',
    ]);
    expect(await refused("host=x gssencmode=require")).toEqual([
      "upstream-refused 6:12 connection option gssencmode=require is not supported by this build",
    ]);
    expect(await refused("host=x sslnegotiation=direct")).toEqual([
      expect.stringMatching(/^upstream-refused 6:12 weak sslmode "prefer" may not be used/),
    ]);
    expect(await refused("service=nobody-has-it")).toEqual([
      'upstream-refused 6:12 definition of service "nobody-has-it" not found',
    ]);
    expect(await refused("host=x options=-csearch_path=x")).toEqual([
      'upstream-refused 6:12 "upstream" sets options',
    ]);
  });

  test("upstream-version", async () => {
    await using old = await startPostgres({ major: 15 });
    await old.psql(catalogRoles.flatMap((sql) => ["-c", sql]));
    const directory = await makeGate({ upstream: conninfo(old) });
    expect(await findings(directory)).toEqual([
      expect.stringMatching(
        /^upstream-version 6:12 the two files are read as PostgreSQL 18 reads them, and the server on socket ".*" is PostgreSQL 15\.\d+$/,
      ),
    ]);
    expect((await check(["-D", directory])).status).toBe(0);
  });

  test("upstream-connections", async () => {
    const directory = await makeGate();
    expect(await findings(directory, "-c", "max_connections=17")).toEqual([
      `upstream-connections 6:12 max_connections lets in 17 clients, and the server on socket "${room.server.paths.socket}" has 17 slots for ordinary roles`,
    ]);
    expect(await findings(directory, "-c", "max_connections=16")).toEqual([]);
  });

  test("catalogue-rights, with what to do", async () => {
    const directory = await makeGate({ upstream: conninfo(room.server, "ordinary") });
    const { status, stdout } = await check(["-D", directory]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      'error: role "ordinary" cannot read the catalogue: permission denied for table pg_authid [catalogue-rights]\n' +
        'HINT:  "sallyport init --catalog-sql" prints the grants that it needs in database "postgres".\n',
    );
  });

  test("catalogue-away: the hosts answer, and none is what is asked for", async () => {
    const directory = await makeGate({ upstream: `${conninfo(room.server)} target_session_attrs=standby` });
    expect(await findings(directory)).toEqual([
      expect.stringMatching(/^catalogue-away 6:12 .*not in hot standby mode/),
    ]);
  });

  test("catalogue-superuser", async () => {
    const directory = await makeGate({ upstream: conninfo(room.server, room.server.superuser) });
    expect(await findings(directory)).toEqual([
      `catalogue-superuser 6:12 the role of the catalogue, "${room.server.superuser}", is a superuser and need not be`,
    ]);
  });

  test("auth-query-refused", async () => {
    const refused = async (query: string): Promise<string[]> =>
      await findings(await makeGate({ conf: `auth_source = query\nauth_query = '${query}'` }));
    expect(await refused("select usename, passwd from pg_shadow where usename = $1")).toEqual([
      "auth-query-refused 6:12 auth_query cannot be run: permission denied for view pg_shadow",
    ]);
    expect(await refused("select rolname from pg_authid where rolname = $1")).toEqual([
      "auth-query-refused 6:12 auth_query must return two columns, name and secret, and returns 1",
    ]);
    expect(await refused("select rolname, rolpassword from pg_authid where rolname = $1")).toEqual([]);
  });

  test("upstream-refused: passwords would go there in clear", async () => {
    const conf = "auth_source = upstream\nupstream_auth = passthrough";
    const directory = await makeGate({
      conf,
      hba: "local all all password\n",
      upstream: "host=127.0.0.1 user=x",
    });
    expect(await findings(directory)).toEqual([
      "upstream-refused 6:12 auth_source=upstream would send passwords over a connection that is not verified",
    ]);
  });

  test("of an embedded one it is said that it is not asked", async () => {
    const directory = await makeGate({ upstream: "embedded" });
    const { status, stdout } = await check(["-D", directory]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      "not checked: the upstream: the gateway starts its embedded PostgreSQL itself\n",
    );
  });
});
