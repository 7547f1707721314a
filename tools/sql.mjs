// A small SQL client for machines without psql:  npm run sql -- -h HOST -p PORT -U ROLE DATABASE [-c SQL]
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { lookUpPassword } from "@sallyport/wire";
import { Client } from "pg";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: "string", short: "h", default: "127.0.0.1" },
    port: { type: "string", short: "p", default: "6432" },
    username: { type: "string", short: "U" },
    dbname: { type: "string", short: "d" },
    command: { type: "string", short: "c", multiple: true },
  },
});
const user = values.username ?? process.env.PGUSER;
const target = {
  host: values.host,
  port: Number(values.port),
  user,
  database: positionals[0] ?? values.dbname ?? user,
};
const client = new Client({ ...target, password: await password(), connectionTimeoutMillis: 10_000 });
client.on("error", (error) => fail(error));
try {
  await client.connect();
} catch (error) {
  fail(error);
}
if (values.command) {
  for (const sql of values.command) await run(sql);
} else {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: "sql> " });
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() === "\\q") break;
    if (line.trim() !== "") await run(line);
    lines.prompt();
  }
}
await client.end();

/** PGPASSWORD, else what the password file has for this target. */
async function password() {
  if (process.env.PGPASSWORD !== undefined) return process.env.PGPASSWORD;
  const file = process.env.PGPASSFILE ?? `${homedir()}/.pgpass`;
  const text = await readFile(file, "latin1").catch(() => "");
  return lookUpPassword(text, target)?.reveal();
}

async function run(sql) {
  try {
    const results = await client.query(sql);
    for (const result of Array.isArray(results) ? results : [results]) {
      if (result.fields.length > 0) console.table(result.rows);
      console.log(`${result.command} ${result.rowCount ?? ""}`.trimEnd());
    }
  } catch (error) {
    console.error(`${error.severity ?? "ERROR"}:  ${error.message}`);
    if (values.command) process.exitCode = 1;
  }
}

function fail(error) {
  console.error(`sql: error: ${error.severity ?? ""}:  ${error.message}`);
  process.exit(2);
}
