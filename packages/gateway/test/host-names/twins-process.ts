import { once } from "node:events";
import { startPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "../gate.ts";
import type { Ports, TwinLogs, TwinOptions } from "./twins.ts";

// What `startTwins` starts: by then this process has its own resolv.conf. It ends when it is left alone.
const prefix = "%e %h %r | ";
const [options] = (await once(process, "message")) as [TwinOptions];
const { hba, settings = {}, upstreamHost } = options;
await using server = await startPostgres({
  tcp: true,
  hba: "local all all trust\n",
  settings: {
    log_connections: "all",
    log_disconnections: "on",
    log_line_prefix: prefix,
    ...settings,
  },
});
await run(server, setUp);
await server.writeFile("pg_hba.conf", hba);
await server.reload();
// Whoever compares the logs waits for the end of each session.
const conf = Object.entries({ pool_mode: "off", ...settings }).map(([name, value]) => `${name} = '${value}'`);
await using gate = await startGate(server, {
  hba,
  linePrefix: prefix,
  conf: conf.join("\n"),
  upstream: `host=${upstreamHost ?? server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`,
});

process.on("message", () => void answerLogs());
send({ postgres: server.port, gate: gate.port, gateSocket: String(Reflect.get(gate.unix, "path")) });
await once(process, "disconnect");

async function answerLogs(): Promise<void> {
  send({ postgres: await server.log(), gate: gate.log() });
}

function send(message: Ports | TwinLogs): void {
  process.send?.(message);
}
