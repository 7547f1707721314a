import { once } from "node:events";
import { createServer } from "node:net";

/** Where PostgreSQL asks, always. */
export const identPort = 113;

/** Root may listen there, unless somebody does already: a service of the machine's. */
export const canListen: boolean = await (async () => {
  const server = createServer();
  const outcome = Promise.race([
    once(server, "listening").then(() => true),
    once(server, "error").then(() => false),
  ]);
  server.listen({ port: identPort, host: "127.0.0.1", exclusive: true });
  const could = await outcome;
  server.close();
  return could;
})();
