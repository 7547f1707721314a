import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  freePort,
  oauthAudience,
  psql,
  startFreeradius,
  startOauthIssuer,
  startPostgres,
  startSlapd,
  tempDirectory,
} from "@sallyport/testkit";
import { clientFirst, farewell, hear } from "../../gateway/test/clients/oauth-raw.ts";
import { sallyport, serve } from "./cli.ts";

// Secrets of clients, of the gate and of services are planted, used rightly and wrongly by every method that has any, and
// looked for in all that a gateway and its commands say.

/** A secret that stands nowhere by chance; the name tells in a failure which it was. */
function plant(name: string): string {
  return `${name}-${randomBytes(9).toString("hex")}`;
}

const planted = {
  password: plant("password"),
  directory: plant("directory"),
  wrong: plant("wrong"),
  radius: plant("radius"),
  radiusSecret: plant("radius-secret"),
  otherSecret: plant("other-secret"),
  clientSecret: plant("client-secret"),
  token: plant("token"),
};

test("no secret of any method is in a log, a metric, an error or an answer", async () => {
  await using server = await startPostgres();
  const roles = ["pw", "five", "scram", "dir", "simple", "rad", "pamela", "jwt", "opaque"];
  const statements = [
    "create role sallyport login",
    "grant select (rolname, rolpassword) on pg_authid to sallyport",
    ...roles.map((role) => `create role ${role} login password '${planted.password}'`),
    `set password_encryption = md5; alter role five password '${planted.password}'`,
  ];
  expect((await server.psql(statements.flatMap((sql) => ["-c", sql]))).status).toBe(0);

  const person = (name: string): string => `dn: uid=${name},dc=example,dc=net
objectClass: account
objectClass: simpleSecurityObject
uid: ${name}
userPassword: ${planted.directory}
`;
  await using directory = await startSlapd({ ldif: `${person("dir")}\n${person("simple")}` });
  await using radius = await startFreeradius({
    secret: planted.radiusSecret,
    users: `rad Cleartext-Password := "${planted.radius}"\n`,
  });
  await using issuer = await startOauthIssuer({ clients: ["jwt", "opaque"] });
  const goodToken = await issuer.token("jwt");

  await using room = await tempDirectory();
  const gate = join(room.path, "gate");
  const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
  expect((await sallyport(["init", "-D", gate, "--upstream", upstream])).stderr).toBe("");
  const [port, metricsPort, nobody] = [await freePort(), await freePort(), await freePort()];
  const ldap = `ldap ldapserver=127.0.0.1 ldapport=${directory.port}`;
  const bound = `ldapbasedn="dc=example,dc=net" ldapbinddn="${directory.rootDn}" ldapbindpasswd="${directory.rootPassword}"`;
  const servers = `radiusservers="127.0.0.1,127.0.0.1" radiusports="${nobody},${radius.port}"`;
  const oauth = `oauth issuer=${issuer.issuer} scope=postgres`;
  const lines: Readonly<Record<string, string>> = {
    pw: "password",
    five: "md5",
    scram: "scram-sha-256",
    dir: `${ldap} ${bound}`,
    simple: `${ldap} ldapprefix="uid=" ldapsuffix=",dc=example,dc=net"`,
    rad: `radius ${servers} radiussecrets="${planted.otherSecret},${planted.radiusSecret}"`,
    pamela: "pam pamservice=sallyport-no-such-service",
    jwt: `${oauth} validator=jwt`,
    opaque: `${oauth} validator=introspection`,
  };
  await writeFile(
    join(gate, "pg_hba.conf"),
    Object.entries(lines)
      .map(([role, method]) => `host all ${role} all ${method}\n`)
      .join(""),
  );
  await writeFile(join(gate, "client-secret"), `${planted.clientSecret}\n`, { mode: 0o600 });
  const settings = {
    port,
    unix_socket_directories: room.path,
    upstream_auth: "service",
    log_destination: "stderr,jsonlog",
    log_min_messages: "debug5",
    log_connections: "all",
    metrics_address: `127.0.0.1:${metricsPort}`,
    radius_require_message_authenticator: "on",
    oauth_validator_libraries: "jwt,introspection",
    oauth_audience: oauthAudience,
    oauth_introspection_client_id: "gate",
    oauth_introspection_client_secret_file: join(gate, "client-secret"),
  };
  const conf = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  await writeFile(join(gate, "sallyport.conf"), `upstream = '${upstream}'\n${conf.join("")}`, {
    mode: 0o600,
  });

  const said: string[] = [];
  const running = await serve(["-D", gate]);
  try {
    const logIn = async (user: string, password: string): Promise<number | null> => {
      const env = { PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: user, PGPASSWORD: password };
      const { status, stdout, stderr } = await psql(["-c", "select 1"], {
        env: { ...env, PGDATABASE: "postgres", PGSSLMODE: "disable" },
      });
      said.push(stdout, stderr);
      return status;
    };
    const right: Readonly<Record<string, string>> = {
      pw: planted.password,
      five: planted.password,
      scram: planted.password,
      dir: planted.directory,
      simple: planted.directory,
      rad: planted.radius,
    };
    for (const [user, password] of Object.entries(right)) {
      expect([user, await logIn(user, password)]).toEqual([user, 0]);
      expect([user, await logIn(user, planted.wrong)]).toEqual([user, 2]);
    }
    expect(await logIn("pamela", planted.wrong)).toBe(2);
    const target = { host: "127.0.0.1", port };
    const tokens = [goodToken, `${goodToken.slice(0, -8)}AAAAAAAA`, planted.token];
    for (const token of tokens) {
      for (const user of ["jwt", "opaque"]) {
        said.push((await hear(target, user, clientFirst(token), farewell)).flat().join(" "));
      }
    }
    expect(said.filter((text) => text.includes("authentication failed"))).toHaveLength(12);

    const commands = [
      ["status", "-D", gate, "--rules", "--sessions"],
      ["status", "-D", gate, "--rules", "--sessions", "--format", "json"],
      ["check", "-D", gate],
      ["check", "-D", gate, "--format", "json"],
      ["reload", "-D", gate],
      ["explain", "-D", gate, "-U", "simple", "-d", "postgres", "--address", "127.0.0.1"],
      ["explain", "-D", gate, "-U", "opaque", "-d", "postgres", "--address", "127.0.0.1", "--trace"],
    ];
    for (const command of commands) {
      const { stdout, stderr } = await sallyport(command);
      expect(stdout + stderr).not.toBe("");
      said.push(stdout, stderr);
    }
    const attempts = Object.keys(lines).map((user) => ({ user, database: "postgres", address: "127.0.0.1" }));
    const batch = await sallyport(["explain", "-D", gate, "--trace", "--batch", "-"], {
      input: attempts.map((attempt) => `${JSON.stringify(attempt)}\n`).join(""),
    });
    expect(batch.stdout.split("\n")).toHaveLength(attempts.length + 1);
    said.push(batch.stdout, batch.stderr);
    said.push(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text());
  } finally {
    await running.stop("SIGINT");
  }
  const all = [...said, running.output()].join("\n");
  // What is looked for would be found: these stand beside the secrets.
  for (const shown of [directory.rootDn, "radiussecrets=***", "identity=", "sallyport_logins_total"]) {
    expect(all).toContain(shown);
  }
  const [, , signature = ""] = goodToken.split(".");
  const secrets = { ...planted, bind: directory.rootPassword, good: goodToken, signature };
  for (const [name, secret] of Object.entries(secrets)) {
    const at = all.indexOf(secret);
    expect([name, at < 0 ? "" : all.slice(Math.max(0, at - 200), at + secret.length)]).toEqual([name, ""]);
  }
}, 180_000);
