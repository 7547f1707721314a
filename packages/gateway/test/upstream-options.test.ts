import { expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import { loadOs, tcpOption } from "@sallyport/methods/os";
import { openSession, parseConninfo, resolveConninfo } from "@sallyport/wire";
import { descriptorOf } from "../src/doorstep/descriptor.ts";
import { upstreamSurroundings } from "../src/upstream/surroundings.ts";
import { run, setUp, startGate } from "./gate.ts";

const options = "keepalives_idle=7 keepalives_interval=3 keepalives_count=2 tcp_user_timeout=9000";

test("a lost upstream is noticed as soon as its connection string says", async () => {
  await loadOs();
  await using server = await startPostgres({
    tcp: true,
    hba: "local all all trust\nhost all all all trust\n",
  });
  await run(server, setUp);
  const conninfo = `host=127.0.0.1 port=${server.port} user=app dbname=shop ${options}`;
  const resolved = resolveConninfo(parseConninfo(conninfo), {
    environment: new Map(),
    osUser: null,
    homeDirectory: null,
    socketDirectory: "/nonexistent",
  });
  const { stream } = await openSession(resolved, AbortSignal.timeout(20_000), upstreamSurroundings);
  const names = ["TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT"] as const;
  expect(names.map((name) => tcpOption(descriptorOf(stream) ?? -1, name))).toEqual([7, 3, 2, 9000]);
  stream.destroy();
  await using gate = await startGate(server, {
    hba: "host all all all trust\n",
    upstream: conninfo.replace("user=app dbname=shop", "user=sallyport dbname=postgres"),
  });
  expect((await gate.psql("app", ["-c", "select 1"])).stdout).toBe("1\n");
});
