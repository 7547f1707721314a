import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { allClients } from "./clients/all-clients.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";

const many = 200;
const numbers = Array.from({ length: many }, (_, n) => n);

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres({ settings: { max_connections: String(many + 20) } });
  await run(server, setUp);
  const conf = `max_connections = ${many + 10}\n`;
  gate = await startGate(server, { hba: "host all all all scram-sha-256\n", conf });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

describe(`${many} sessions at once`, () => {
  test.for(allClients)("of $name", { timeout: 180_000 }, async ({ name, connect }) => {
    const login = {
      host: "127.0.0.1",
      port: gate.port,
      user: "app",
      database: "shop",
      password: "app-secret",
      applicationName: name,
    };
    const sessions = await Promise.all(numbers.map(async () => await connect(login)));
    const here = `select count(*) from pg_stat_activity where application_name = '${name}'`;
    expect(await run(server, [here])).toBe(String(many));
    const answers = await Promise.all(
      sessions.map(async ({ query }, n) => await query(`select ${n} from pg_sleep(0.2)`)),
    );
    expect(answers).toEqual(numbers.map((n) => [String(n)]));
    await Promise.all(sessions.map(async ({ end }) => await end()));
  });
});
