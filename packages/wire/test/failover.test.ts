/** Which server of several a session is opened on: each case is put to libpq, too, and the two must agree. */
import { psql } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { encodeReadyForQuery, openSession, parseConninfo, resolveConninfo } from "../src/index.ts";
import { errorResponse, fakeServers, ok, oneValue, ready, says, serves } from "./fake-servers.ts";
import type { Behaviour } from "./fake-servers.ts";

interface Outcome {
  readonly visits: readonly string[];
  /** Empty for success. Of libpq all failures, of ours the one that is thrown. */
  readonly words: string;
}

/** What libpq's psql and our client make of the same servers. */
async function ask(
  servers: readonly Behaviour[],
  options: string,
): Promise<{ readonly ours: Outcome; readonly theirs: Outcome }> {
  await using fake = await fakeServers(servers);
  const conninfo = `${fake.conninfo} ${options}`;
  const { stderr } = await psql(["-c", "\\conninfo", conninfo]);
  const theirs = { visits: fake.visits(), words: withoutHints(stderr) };
  fake.forget();
  const resolved = resolveConninfo(parseConninfo(conninfo), {
    environment: new Map(),
    osUser: null,
    homeDirectory: null,
    socketDirectory: "/nonexistent",
  });
  const error = await openSession(resolved, AbortSignal.timeout(20_000)).then(
    ({ stream }) => void stream.destroy(),
    (reason: unknown) => reason,
  );
  return { theirs, ours: { visits: fake.visits(), words: error instanceof Error ? error.message : "" } };
}

/** The system's reason is in lower case with us, and libpq adds a line of advice to it. */
function withoutHints(stderr: string): string {
  const lines = stderr.replace("psql: error: ", "").split("\n");
  return lines
    .filter((line) => line !== "" && !line.startsWith("\t"))
    .join("\n")
    .replaceAll("No such file", "no such file");
}

const away: Behaviour = null;
const starting = says(errorResponse("57P03", "the database system is starting up"));
const last = says(errorResponse("3D000", 'database "d" does not exist'));
const primary = serves({ in_hot_standby: "off", default_transaction_read_only: "off" });
const standby = serves({ in_hot_standby: "on", default_transaction_read_only: "off" });
const readOnly = serves({ in_hot_standby: "off", default_transaction_read_only: "on" });

describe("the next host is tried", () => {
  test.for<[string, Behaviour, string]>([
    ["cannot be reached", away, ""],
    ["is starting up (57P03)", starting, ""],
    ["says nothing until connect_timeout", () => undefined, "connect_timeout=2"],
    ["lets us in, and then says nothing", (socket) => socket.write(ok), "connect_timeout=2"],
  ])("after one that %s", async ([, first, options]) => {
    const { ours, theirs } = await ask([first, last], options);
    expect(ours.visits).toEqual(theirs.visits);
    expect(ours.visits.at(-1)).toBe("1");
    expect(theirs.words).toContain(`FATAL:  ${ours.words}`);
  });

  test("and if none will do, the error has libpq's line for each", async () => {
    const { ours, theirs } = await ask([away, starting, away], "");
    expect(ours).toEqual(theirs);
    expect(ours.words.split("\n")).toHaveLength(3);
  });
});

describe("no other host is tried", () => {
  const after = Buffer.concat([ok, errorResponse("57P03", "behind AuthenticationOk")]);
  test.for<[string, Behaviour]>([
    ["has no room (53300)", says(errorResponse("53300", "sorry, too many clients already"))],
    ["is shutting down our session (57P01)", says(errorResponse("57P01", "terminating connection"))],
    ["has crashed (57P02)", says(errorResponse("57P02", "terminating connection"))],
    ["does not take the password (28P01)", says(errorResponse("28P01", "password authentication failed"))],
    ["has no rule for us (28000)", says(errorResponse("28000", "no pg_hba.conf entry"))],
    ["lacks the database (3D000)", last],
    ["says 57P03 of the session", says(after)],
    ["closes without a word", says(Buffer.alloc(0))],
    ["closes at once", (socket) => socket.destroy()],
    ["closes behind AuthenticationOk", says(ok)],
    ["is no PostgreSQL", says(Buffer.from("HTTP/1.1 400 Bad Request\r\n"))],
  ])("after one that %s", async ([, first]) => {
    const { ours, theirs } = await ask([first, primary], "");
    expect(ours.visits).toEqual(["0"]);
    expect(ours.visits).toEqual(theirs.visits);
    expect(ours.words).not.toBe("");
  });
});

const attributes = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"] as const;

describe.each(attributes)("target_session_attrs=%s", (attribute) => {
  const options = `target_session_attrs=${attribute}`;

  test.for<[string, readonly Behaviour[]]>([
    ["a primary and a standby", [primary, standby]],
    ["a standby and a primary", [standby, primary]],
    ["a read-only primary and a standby", [readOnly, standby]],
    ["a standby and a read-only primary", [standby, readOnly]],
    ["primaries only", [primary, primary, primary]],
    ["standbys only", [standby, standby]],
    ["a primary among those that are away", [away, primary, starting]],
    ["nobody who is there", [away, starting]],
    ["one that is final", [starting, last, standby]],
  ])("of %s", async ([, servers]) => {
    const { ours, theirs } = await ask(servers, options);
    expect(ours.visits).toEqual(theirs.visits);
    expect(theirs.words === "").toBe(ours.words === "");
    expect(theirs.words.endsWith(ours.words)).toBe(true);
  });

  const yes = oneValue(/read/.test(attribute) ? "on" : "t");
  const no = oneValue(/read/.test(attribute) ? "off" : "f");
  const failed = Buffer.concat([errorResponse("42704", "no", "ERROR"), encodeReadyForQuery("I")]);
  const fatal = errorResponse("57P01", "terminating connection due to administrator command");

  test.for<[string, readonly Behaviour[]]>([
    ["yes and no", [serves({}, yes), serves({}, no)]],
    ["no and yes", [serves({}, no), serves({}, yes)]],
    ["an error", [serves({}, failed), serves({}, no)]],
    ["a FATAL", [serves({}, fatal), standby]],
    ["with a value that nobody knows", [serves({}, oneValue("maybe")), standby]],
    ["half by reports", [serves({ in_hot_standby: "off" }, no), standby]],
  ])("of older servers, which are asked and answer: %s", async ([, servers]) => {
    const { ours, theirs } = await ask(servers, options);
    expect(ours.visits).toEqual(theirs.visits);
    expect(theirs.words === "").toBe(ours.words === "");
    expect(theirs.words.endsWith(ours.words)).toBe(true);
  });

  test("of one that closes instead of answering: final", async () => {
    const closing: Behaviour = (socket) => {
      socket.write(ready());
      socket.once("data", () => socket.end());
    };
    const { ours, theirs } = await ask([closing, standby], options);
    expect(ours.visits).toEqual(theirs.visits);
    expect(ours.visits.at(0)).toBe("0");
  });
});
