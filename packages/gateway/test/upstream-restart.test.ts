import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { Downfall, TestPostgres } from "@sallyport/testkit";
import { encodeQuery } from "@sallyport/wire";
import { run, setUp, startGate, until } from "./gate.ts";
import { heardIn, logIn, repliesTo, repliesUntilEnd } from "./raw-client.ts";
import type { LoggedIn, Reply, Target } from "./raw-client.ts";

const hba = "host all all all trust\n";
const notAccepting = ["57P03", "the database system is not accepting connections"];
const lost = ["57P01", "terminating connection due to unexpected postmaster exit"];

let server: TestPostgres;

beforeEach(async () => {
  server = await startPostgres({ settings: { cluster_name: "first" } });
  await run(server, setUp);
});

afterEach(async () => {
  await server?.stop();
});

async function enter(target: Target, ...queries: readonly string[]): Promise<LoggedIn> {
  const session = await logIn(target, { user: "app" });
  expect(session.replies.at(-1)?.kind).toBe("Z");
  for (const query of queries) session.socket.write(encodeQuery(query));
  return session;
}

async function isLetIn(target: Target): Promise<boolean> {
  return (await repliesTo(target, { user: "app" })).at(-1)?.kind === "Z";
}

/** Which server answers. */
async function whoAnswers(target: Target): Promise<string> {
  const { socket, reader } = await enter(target, "show cluster_name");
  let name = "";
  for (let type = ""; type !== "Z";) {
    const message = await reader.readMessage(1000, AbortSignal.timeout(20_000));
    type = message.type;
    if (type === "D") name = message.body.toString("latin1", 6);
  }
  reader.release();
  socket.destroy();
  return name;
}

describe.for(["fast", "immediate", "kill"] satisfies Downfall[])("a server that goes down: %s", (how) => {
  test("clients hear what the server's own hear, and come in again when it is up", async () => {
    await using gate = await startGate(server, { hba });
    const direct = { path: server.paths.socket };
    const states = [[], ["select pg_sleep(100)"], ["begin", "select 1"]] as const;
    const pairs = await Promise.all(
      states.map(async (queries) => {
        return [await enter(gate.tcp, ...queries), await enter(direct, ...queries)] as const;
      }),
    );
    const ready = "select count(*) from pg_stat_activity where usename = 'app' and ";
    await until("queries", async () => (await run(server, [`${ready}query ~ 'sleep'`])) === "2");
    await until("transactions", async () => (await run(server, [`${ready}state ~ 'transaction'`])) === "2");

    await server.down(how);
    for (const pair of pairs) {
      const [ours, theirs] = await Promise.all(pair.map(async ({ reader }) => await repliesUntilEnd(reader)));
      // A server that ends without a word says so by ending, which a gateway cannot.
      expect(heardIn(ours ?? [])).toEqual(spoken(theirs ?? []));
      for (const { reader, socket } of pair) {
        reader.release();
        socket.destroy();
      }
    }
    expect((await repliesTo(gate.tcp, { user: "app" })).at(-1)?.words).toEqual(notAccepting);
    await gate.logged("DETAIL:  The catalogue cannot be asked: connection to server on socket");

    await server.up();
    await until("a way in", async () => await isLetIn(gate.tcp));
    expect(await whoAnswers(gate.tcp)).toBe("first");
    await until("an empty house", () => gate.gateway.guestBook.visits.length === 0);
  });
});

/** With the word of a gateway where the server had none of its own. */
function spoken(replies: readonly Reply[]): readonly (readonly string[])[] {
  const heard = heardIn(replies);
  const last = replies.at(-1);
  return last?.kind === "E" || last?.kind === "N" ? heard : [...heard, ["E", ...lost]];
}

describe("an upstream of two hosts", () => {
  test("whoever comes when the first is gone has the second, and the first when it is back", async () => {
    await using second = await startPostgres({ settings: { cluster_name: "second" } });
    await run(second, setUp);
    const hosts = `${server.socketDirectory},${second.socketDirectory}`;
    const ports = `${server.port},${second.port}`;
    const upstream = `host=${hosts} port=${ports} user=sallyport dbname=postgres`;
    await using gate = await startGate(server, { hba, upstream });
    const early = await enter(gate.tcp);
    expect(await whoAnswers(gate.tcp)).toBe("first");

    await server.down("kill");
    expect((await repliesUntilEnd(early.reader)).at(-1)?.words).toEqual(lost);
    await until("a way in", async () => await isLetIn(gate.tcp));
    expect(await whoAnswers(gate.tcp)).toBe("second");
    // The catalogue is asked there, too: a role that the first one never knew.
    await run(second, ["create role late login"]);
    expect((await repliesTo(gate.tcp, { user: "late" })).at(-1)?.kind).toBe("Z");
    const late = await enter(gate.tcp);

    await server.up();
    expect(await whoAnswers(gate.tcp)).toBe("first");
    late.socket.write(encodeQuery("show cluster_name"));
    const row = await late.reader.readMessage(1000, AbortSignal.timeout(20_000));
    expect(row.type).toBe("T");
    for (const { reader, socket } of [early, late]) {
      reader.release();
      socket.destroy();
    }
  });
});
