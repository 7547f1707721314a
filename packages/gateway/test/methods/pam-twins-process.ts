import { once } from "node:events";
import { utf8Text } from "@sallyport/policy";
import { startPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "../gate.ts";
import type { PamTwinOptions, TwinLogs, TwinPorts } from "./pam-twins.ts";

// What `startPamTwins` starts: by then this process has its own /etc/pam.d. It ends when it is left alone.
const prefix = "%e %h | ";
const [options] = (await once(process, "message")) as [PamTwinOptions];
const { hba, statements } = options;
await using server = await startPostgres({
  build: "debian",
  major: 15,
  tcp: true,
  hba: "local all all trust\n",
  settings: { log_connections: "on", log_disconnections: "on", log_line_prefix: prefix },
});
await run(server, [...setUp, ...statements]);
await server.writeFile("pg_hba.conf", `local all all trust\n${hba}`);
await server.reload();
await using gate = await startGate(server, { hba: `local all all trust\n${hba}`, linePrefix: prefix });

process.on("message", () => void answerLogs());
send({ postgres: server.port, gate: gate.port });
await once(process, "disconnect");

async function answerLogs(): Promise<void> {
  send({ postgres: await server.log(), gate: utf8Text(gate.log()) });
}

function send(message: TwinPorts | TwinLogs): void {
  process.send?.(message);
}
