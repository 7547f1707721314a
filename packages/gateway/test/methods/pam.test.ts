import { existsSync, readFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { command, pamMatrix, startPostgres, tempDirectory, writePamFiles } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import type { NameAnswer, NameService } from "../../src/resolver/index.ts";
import { gateFiles, run, setUp, startGate, until } from "../gate.ts";
import type { GateOptions, TestGate } from "../gate.ts";
import { answering, knockAt } from "./pam-client.ts";
import type { Guest } from "./pam-client.ts";

const judges = [`auth required ${pamMatrix} passdb=DIR/passwords`, "account required pam_permit.so"];
const opens = ["auth required pam_permit.so", "account required pam_permit.so"];

let room: TempDirectory;
let server: TestPostgres;
let gate: TestGate | null = null;
const guests: Guest[] = [];

beforeAll(async () => {
  room = await tempDirectory();
  await writePamFiles(room.path, {
    services: {
      postgresql: judges,
      judges,
      opens,
      notes: ["auth required pam_exec.so quiet DIR/note", ...opens],
      hangs_then_asks: ["auth optional pam_exec.so quiet DIR/hang", ...judges],
      hangs: ["auth required pam_exec.so quiet DIR/hang"],
    },
    files: {
      passwords: ["postgresql", "judges"].map((name) => `app:planted-secret:${name}\n`).join(""),
      note: '#!/bin/sh\necho "$PAM_SERVICE $PAM_TYPE $PAM_USER from ${PAM_RHOST-nowhere}" > DIR/noted\n',
      // Waits until somebody writes into the pipe; then says no, which it takes note of.
      hang: "#!/bin/sh\necho $$ > DIR/hanging\nread -r line < DIR/pipe\necho no > DIR/said\nexit 1\n",
    },
  });
  await command("mkfifo", [join(room.path, "pipe")]);
  server = await startPostgres();
  await run(server, setUp);
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

afterEach(async () => {
  await Promise.all(guests.splice(0).map(async (guest) => await guest.leave()));
  await gate?.[Symbol.asyncDispose]();
  gate = null;
});

/** A gate that looks for services in a directory of its own. */
async function openGate(options: GateOptions): Promise<TestGate> {
  gate = await startGate(server, { pamDirectory: room.path, ...options });
  return gate;
}

function knock({ port }: TestGate, from: string = "127.0.0.1", database: string = "shop"): Guest {
  const guest = knockAt({ host: "127.0.0.1", port, localAddress: from }, "app", database);
  guests.push(guest);
  return guest;
}

const byName = "host all all all pam pamservice=notes pam_use_hostname=1\n";

/** A resolver that has this answer for every address. */
function resolverOf(answer: NameAnswer): NameService {
  return {
    nameOf: async () => await Promise.resolve(answer),
    addressesOf: async () => await Promise.resolve({ addresses: [] }),
  };
}

const refused = 'FATAL 28000 PAM authentication failed for user "app"';

describe("by PAM", () => {
  test("whoever its modules let in is in, and nobody else", async () => {
    const { psql, log, gateway } = await openGate({ hba: "host all all all pam\n" });
    const sql = ["-c", "select current_user"];
    const come = async (PGPASSWORD: string) => await psql("app", sql, { env: { PGPASSWORD } });
    expect(await come("planted-secret")).toMatchObject({ status: 0, stdout: "app\n" });
    expect(await come("planted-guess")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('FATAL:  PAM authentication failed for user "app"') as string,
    });
    expect(await come("planted-secret")).toMatchObject({ status: 0 });
    expect(log()).toContain('connection authenticated: identity="app" method=pam (');
    expect(log()).toContain("00000 LOG:  pam_authenticate failed: Authentication failure\n");
    expect(log()).not.toContain("planted");
    expect(gateway.pamProcesses).toHaveLength(1);
  });

  test("modules are told where the client is, but of a Unix socket nothing", async () => {
    const hba = "local all all pam pamservice=notes\nhost all all all pam pamservice=notes\n";
    const { psql, socketDirectory, port } = await openGate({ hba });
    const noted = async (PGHOST: string): Promise<string> => {
      expect(await psql("app", ["-c", ""], { env: { PGHOST, PGPORT: String(port) } })).toMatchObject({
        status: 0,
      });
      return (await readFile(join(room.path, "noted"), "utf8")).trimEnd();
    };
    expect(await noted("127.0.0.1")).toBe("notes auth app from 127.0.0.1");
    expect(await noted("::1")).toBe("notes auth app from ::1");
    expect(await noted(socketDirectory)).toBe("notes auth app from nowhere");
  });

  test.for([
    [{ name: "client.example.com" }, "notes auth app from client.example.com"],
    [
      { failure: { code: "EAI_NONAME", words: "Name or service not known" } },
      "notes auth app from 127.0.0.1",
    ],
  ] as const)(
    "with pam_use_hostname they are told its name, if the resolver has one: %j",
    async ([answer, words]) => {
      const { psql } = await openGate({ hba: byName, names: resolverOf(answer) });
      expect(await psql("app", ["-c", ""])).toMatchObject({ status: 0 });
      expect(await readFile(join(room.path, "noted"), "utf8")).toBe(`${words}\n`);
    },
  );

  test("with pam_use_hostname nobody is let in while the resolver does not answer", async () => {
    const failure = { code: "EAI_AGAIN", words: "Temporary failure in name resolution" };
    const { psql, log } = await openGate({ hba: byName, names: resolverOf({ failure }) });
    expect(await psql("app", ["-c", ""])).toMatchObject({ status: 2 });
    expect(log()).toContain("WARNING:  pg_getnameinfo_all() failed: Temporary failure in name resolution\n");
  });

  test("a password is passed on to the upstream, if there is one and no other", async () => {
    await run(server, ["alter role app password 'planted-secret'"]);
    const { psql } = await openGate({
      hba: "host all all ::1/128 pam pamservice=opens\nhost all all all pam\n",
      upstream: `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`,
      conf: "upstream_auth = passthrough\n",
    });
    const come = async (PGHOST: string): Promise<string> =>
      (await psql("app", ["-c", "select current_user"], { env: { PGHOST, PGPASSWORD: "planted-secret" } }))
        .stdout;
    await server.writeFile("pg_hba.conf", "local all app scram-sha-256\nlocal all all trust\n");
    await server.reload();
    try {
      expect([await come("127.0.0.1"), await come("::1")]).toEqual(["app\n", ""]);
    } finally {
      await server.writeFile("pg_hba.conf", "local all all trust\n");
      await server.reload();
    }
  });
});

describe("clients that PAM waits for", () => {
  test("are closed when their time is over, and leave turn and process to others", async () => {
    const conf = "authentication_timeout = 4\nauth_service_limit = 1\n";
    const door = await openGate({ hba: "host all all all pam\n", conf });
    const silent = knock(door);
    expect([await silent.hear(), await silent.hear()]).toEqual(["R 3", "closed"]);
    await door.logged("57014 FATAL:  canceling authentication due to timeout");
    expect(await answering(door.tcp, "app", "shop", ["planted-secret"])).toEqual(["R 3", "R 0", "ready"]);
    expect(door.log()).not.toContain("pam_authenticate failed");
    expect(door.gateway.pamProcesses).toHaveLength(1);
  });

  test("of one source hold half of the turns at most", async () => {
    const door = await openGate({ hba: "host all all all pam\n", conf: "auth_service_limit = 4\n" });
    const [one, two, three] = [knock(door), knock(door), knock(door)];
    const waits = three.hear();
    expect([await one.hear(), await two.hear()]).toEqual(["R 3", "R 3"]);
    const elsewhere = knock(door, "127.0.6.1");
    expect(await elsewhere.hear()).toBe("R 3");
    expect(door.gateway.pamProcesses).toHaveLength(3);
    await one.leave();
    expect(await waits).toBe("R 3");
  });

  test("are refused when too many wait", async () => {
    const conf = "auth_service_limit = 1\nauth_service_queue = 0\n";
    const door = await openGate({ hba: "host all all all pam\n", conf });
    const first = knock(door);
    expect(await first.hear()).toBe("R 3");
    expect(await knock(door).hear()).toBe(refused);
    expect(await door.logged("too many logins wait for PAM service")).toContain('PAM service "postgresql"');
  });

  test("fail with the process that was to judge them, and nobody else does", async () => {
    const door = await openGate({ hba: "host all all all pam\n" });
    const victim = knock(door);
    expect(await victim.hear()).toBe("R 3");
    const [pid = 0] = door.gateway.pamProcesses;
    const other = knock(door);
    expect(await other.hear()).toBe("R 3");
    process.kill(pid, "SIGSEGV");
    expect(await victim.hear()).toBe(refused);
    expect(await door.logged("PAM process")).toBe(
      '00000 LOG:  PAM process was terminated by signal 11\n00000 DETAIL:  It was judging a login by PAM service "postgresql".\n',
    );
    other.say("planted-secret");
    expect([await other.hear(), await other.hear()]).toEqual(["R 0", "ready"]);
  });
});

describe("a module that does not come to an end", () => {
  const hba = "host postgres all all pam pamservice=hangs\nhost all all all pam pamservice=judges\n";

  test("delays nobody who does not need its service", async () => {
    const door = await openGate({ hba, conf: "auth_service_limit = 1\n" });
    const stuck = knock(door, "127.0.0.1", "postgres");
    await hanging();
    expect(await answering(door.tcp, "app", "shop", ["planted-secret"])).toEqual(["R 3", "R 0", "ready"]);
    await release();
    expect(await stuck.hear()).toBe(refused);
  });

  test("still counts a failure of somebody who did not wait for it", async () => {
    const door = await openGate({ hba });
    const impatient = knock(door, "127.0.0.1", "postgres");
    await hanging();
    await impatient.leave();
    await release();
    expect(await door.logged("pam_authenticate failed")).toBe(
      "00000 LOG:  pam_authenticate failed: System error\n",
    );
    expect(readFileSync(join(room.path, "said"), "utf8")).toBe("no\n");
  });

  test("finds no client when it asks one that has left, which is no news", async () => {
    const door = await openGate({
      hba: "host all all all pam pamservice=hangs_then_asks\n",
      conf: "auth_service_limit = 1\n",
    });
    const impatient = knock(door);
    await hanging();
    await impatient.leave();
    const next = knock(door);
    await release();
    await hanging();
    expect(door.log()).not.toContain("pam_authenticate failed");
    await release();
    expect(await next.hear()).toBe("R 3");
  });

  test("ends with the gateway", async () => {
    const door = await openGate({ hba });
    knock(door, "127.0.0.1", "postgres");
    const script = await hanging();
    const { pamProcesses } = door.gateway;
    await door.gateway.stop("immediate");
    expect(pamProcesses.map((pid) => existsSync(`/proc/${pid}`))).toEqual([false]);
    process.kill(script, "SIGKILL");
  });

  let last = 0;

  /** Waits for the script, and gives its process id. */
  async function hanging(): Promise<number> {
    const path = join(room.path, "hanging");
    await until(
      "the script runs",
      () => existsSync(path) && ![0, last].includes(Number(readFileSync(path, "utf8"))),
    );
    last = Number(readFileSync(path, "utf8"));
    return last;
  }

  async function release(): Promise<void> {
    const pipe = await open(join(room.path, "pipe"), "w");
    await pipe.write("\n");
    await pipe.close();
  }
});

test("a service file that is not there lets nobody in", async () => {
  const door = await openGate({ hba: "host all all all pam pamservice=nothing\n" });
  expect(await answering(door.tcp, "app", "shop", ["x"])).toEqual([refused]);
  expect(door.log()).toContain("could not create PAM authenticator: ");
});

test("a certificate is asked for beside it, as beside other methods", async () => {
  await using directory = await tempDirectory();
  const conf = "upstream = 'host=/nowhere'\nupstream_auth = service\nssl = on\n";
  const hba = "hostssl all all all pam pamservice=x pam_use_hostname=1 clientcert=verify-full\n";
  expect((await gateFiles(directory.path, { hba, conf })).problems).toEqual([]);
});
