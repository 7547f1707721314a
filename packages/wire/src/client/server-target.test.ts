import { describe, expect, test } from "vitest";
import { describeHost, serversOf, systemAddresses } from "./server-target.ts";

const port = 5432;
const never = async (): Promise<never> => await Promise.reject(new Error("nothing is to be looked up"));
const secret = { password: null };

describe("what needs no looking up", () => {
  test.each([
    [{ host: "/tmp" }, { host: "/tmp" }, 'server on socket "/tmp/.s.PGSQL.5432"'],
    [{ host: "@x" }, { host: "@x" }, 'server on socket "@x/.s.PGSQL.5432"'],
    [{ host: "::1" }, { host: "::1", address: "::1" }, 'server at "::1", port 5432'],
    [
      { host: "db", address: "10.0.0.1" },
      { host: "db", address: "10.0.0.1" },
      'server at "db" (10.0.0.1), port 5432',
    ],
    [
      { host: "/tmp", address: "10.0.0.1" },
      { host: "/tmp", address: "10.0.0.1" },
      'server at "/tmp" (10.0.0.1), port 5432',
    ],
  ])("%j", async (host, server, called) => {
    const found = await serversOf({ ...host, port, ...secret }, never);
    expect(found).toEqual([{ ...server, port }]);
    expect(found.map(describeHost)).toEqual([called]);
  });
});

describe("a host name", () => {
  test("stands for a server at each of its addresses, in the resolver's order", async () => {
    const found = await serversOf(
      { host: "db", port },
      async () => await Promise.resolve(["::1", "127.0.0.1"]),
    );
    expect(found).toEqual([
      { host: "db", address: "::1", port },
      { host: "db", address: "127.0.0.1", port },
    ]);
  });

  test.each([
    ["ENOTFOUND", "Name or service not known"],
    ["EAI_AGAIN", "Temporary failure in name resolution"],
    ["EAI_FAIL", "EAI_FAIL"],
  ])("that the resolver answers with %s", async (code, reason) => {
    const fail = async () => await Promise.reject(Object.assign(new Error(), { code }));
    await expect(serversOf({ host: "db", port }, fail)).rejects.toMatchObject({
      code: "connect_failed",
      message: `could not translate host name "db" to address: ${reason}`,
    });
  });

  test("without an address", async () => {
    const none = async () => await Promise.resolve([]);
    await expect(serversOf({ host: "db", port }, none)).rejects.toMatchObject({ code: "connect_failed" });
  });

  test("is waited for as long as the signal lets us", async () => {
    const hang = async () => await new Promise<never>(() => {});
    const waiting = serversOf({ host: "db", port }, hang, AbortSignal.timeout(20));
    await expect(waiting).rejects.toMatchObject({ code: "timeout" });
  });

  test("is asked of the system once, however many wait for it", async () => {
    const [one, two] = await Promise.all([systemAddresses("localhost"), systemAddresses("localhost")]);
    expect(one).toBe(two);
    expect(one.every((address) => address === "127.0.0.1" || address === "::1")).toBe(true);
    expect(await systemAddresses("localhost")).not.toBe(one);
  });
});
