import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import type { Client, ClientSession, Login } from "./client.ts";
import { debianPrograms } from "./libpq.ts";
import type { Libpq } from "./libpq.ts";

/** psql, kept running, with commands written to its standard input one by one. */
export function psqlOn(libpq: Libpq): Client {
  return {
    name: `psql with ${libpq.name}`,
    connect: async (login) => await startPsql(login, libpq),
  };
}

async function startPsql(login: Login, libpq: Libpq): Promise<ClientSession> {
  const child = spawn(join(debianPrograms, "psql"), ["-X", "-w", "-q", "-At", "-P", "pager=off"], {
    cwd: "/",
    env: { ...environment(login), ...libpq.environment },
    stdio: "pipe",
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  child.stdin.on("error", () => undefined); // it may have ended: then `closed` tells
  const closed = once(child, "close");
  let asked = 0;

  /** Has psql run commands; what it wrote to its two outputs until it was done. */
  const say = async (commands: string): Promise<{ readonly out: string; readonly err: string }> => {
    const mark = `done-${(asked += 1)}`;
    child.stdin.write(`${commands}\n\\echo ${mark}\n\\warn ${mark}\n`);
    const [out, err] = await Promise.race([
      Promise.all([stdout.upTo(`${mark}\n`), stderr.upTo(`${mark}\n`)]),
      closed.then(() => Promise.reject(new Error(stderr.rest().trimEnd()))),
    ]);
    const [, error] = /^(?:psql:.*?)?ERROR: {2}(.*)$/m.exec(err) ?? [];
    if (error !== undefined) throw new Error(error);
    return { out, err };
  };
  await say("");

  const notes: string[] = [];
  const query = async (sql: string): Promise<readonly string[]> => {
    const lines = (await say(`${sql};`)).out.split("\n").slice(0, -1);
    return lines.filter((line) => {
      const [, payload] = /^Asynchronous notification "\w+" with payload "(.*)" received/.exec(line) ?? [];
      if (payload !== undefined) notes.push(payload);
      return payload === undefined;
    });
  };
  return {
    query,
    copyIn: async (table, rows) => {
      await using directory = await tempDirectory();
      const file = join(directory.path, "rows");
      await writeFile(file, rows);
      await say(`\\copy ${table} from '${file}'`);
    },
    copyOut: async (table) => {
      await using directory = await tempDirectory();
      const file = join(directory.path, "rows");
      await say(`\\copy ${table} to '${file}'`);
      return await readFile(file);
    },
    listen: async (channel) => {
      await query(`listen ${channel}`);
    },
    // psql looks for notifications only behind a command.
    notification: async () => {
      while (notes.length === 0) await query("select");
      return notes.shift() ?? "";
    },
    end: async () => {
      child.stdin.end("\\q\n");
      const [status] = (await closed) as [number | null];
      if (status !== 0) throw new Error(`psql ended with status ${status}`);
    },
  };
}

/** Our environment without its PG* variables, and those that libpq takes a login from. */
export function environment(login: Login): Record<string, string | undefined> {
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith("PG"));
  const { host, port, user, database, password, applicationName, settings = {} } = login;
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  return {
    ...Object.fromEntries(ours),
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    PGSSLMODE: "disable",
    PGOPTIONS: options.join(" "),
    ...(password === undefined ? {} : { PGPASSWORD: password }),
    ...(applicationName === undefined ? {} : { PGAPPNAME: applicationName }),
  };
}

interface Collector {
  /** What came before these words, which are the last that came. */
  readonly upTo: (end: string) => Promise<string>;
  readonly rest: () => string;
}

function collect(stream: NodeJS.ReadableStream): Collector {
  let chunks: string[] = [];
  let look = (): void => undefined;
  const take = (): string => {
    const text = chunks.join("");
    chunks = [];
    return text;
  };
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    chunks.push(chunk);
    look();
  });
  return {
    upTo: async (end) => {
      const { promise, resolve } = Promise.withResolvers<string>();
      look = (): void => {
        // The words may have come in pieces; they are short, and nothing follows them.
        if (!chunks.slice(-end.length).join("").endsWith(end)) return;
        look = (): void => undefined;
        resolve(take().slice(0, -end.length));
      };
      look();
      return await promise;
    },
    rest: take,
  };
}
