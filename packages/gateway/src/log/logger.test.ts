import { describe, expect, it } from "vitest";
import { parseLinePrefix } from "./line-prefix.ts";
import { createLogger } from "./logger.ts";
import type { Logger } from "./logger.ts";
import type { MessageLevel, Severity } from "./severity.ts";

const start = new Date("2026-11-22T15:42:30.994Z");

function loggerOf(
  prefix: string,
  minMessages: MessageLevel = "warning",
): { logger: Logger; lines: string[] } {
  const linePrefix = parseLinePrefix(prefix);
  if ("error" in linePrefix) throw new Error(linePrefix.error.detail);
  const lines: string[] = [];
  const logger = createLogger({
    write: (entry) => lines.push(entry),
    clock: () => start,
    destinations: ["stderr"],
    linePrefix,
    minMessages,
    process: { pid: 22477, startTime: new Date("2026-11-22T15:35:56.768Z") },
  });
  return { logger, lines };
}

const client = { pid: 26465, startTime: start, remoteHost: "10.0.0.7", remotePort: "50001" };

describe("a message", () => {
  it("looks as in PostgreSQL's stderr log", () => {
    const { logger, lines } = loggerOf("%m [%p] ");
    logger.log("FATAL", "it failed", { detail: "why", hint: "what to do", context: "where" });
    expect(lines).toEqual([
      "2026-11-22 15:42:30.994 UTC [22477] FATAL:  it failed\n" +
        "2026-11-22 15:42:30.994 UTC [22477] DETAIL:  why\n" +
        "2026-11-22 15:42:30.994 UTC [22477] HINT:  what to do\n" +
        "2026-11-22 15:42:30.994 UTC [22477] CONTEXT:  where\n",
    ]);
  });

  it("never begins a line with what a name contains", () => {
    const { logger, lines } = loggerOf("");
    logger.log("FATAL", 'role "a\nLOG:  connection authorized" does not exist', { detail: "x\n\ny" });
    expect(lines).toEqual([
      'FATAL:  role "a\n\tLOG:  connection authorized" does not exist\nDETAIL:  x\n\t\n\ty\n',
    ]);
  });

  it("keeps bytes that are no UTF-8", () => {
    const { logger, lines } = loggerOf("");
    logger.log("LOG", "\u00ff\u0080");
    expect(Buffer.from(lines.join(""), "latin1").subarray(6)).toEqual(Buffer.from([0xff, 0x80, 0x0a]));
  });

  it("shows all debug levels as one", () => {
    const { logger, lines } = loggerOf("", "debug5");
    logger.log("DEBUG2", "x");
    expect(lines).toEqual(["DEBUG:  x\n"]);
  });

  it("is written at once in every form, and each form counts its own lines", () => {
    const { logger, lines } = loggerOf("%l ");
    logger.restyle({
      destinations: ["jsonlog", "stderr"],
      linePrefix: { parts: ["> "] },
      minMessages: "log",
    });
    for (const message of ["x", "y"]) logger.log("LOG", message, { detail: "z" });
    expect(lines).toEqual([
      expect.stringMatching(
        /^> LOG: {2}x\n> DETAIL: {2}z\n\{.*"line_num":1,.*"message":"x","detail":"z".*\}\n$/,
      ),
      expect.stringMatching(
        /^> LOG: {2}y\n> DETAIL: {2}z\n\{.*"line_num":2,.*"message":"y","detail":"z".*\}\n$/,
      ),
    ]);
  });

  it("is not written if there is no destination", () => {
    const { logger, lines } = loggerOf("");
    logger.restyle({ destinations: [], linePrefix: { parts: [] }, minMessages: "log" });
    logger.log("PANIC", "x");
    expect(lines).toEqual([]);
  });

  it("shows what only a gateway has in JSON alone", () => {
    const { logger, lines } = loggerOf("");
    logger.log("LOG", "x", { sallyport: { rule: "pg_hba.conf:1" } });
    expect(lines).toEqual(["LOG:  x\n"]);
  });

  const logged: readonly (readonly [MessageLevel, readonly Severity[]])[] = [
    ["debug1", ["DEBUG1", "INFO", "NOTICE", "WARNING", "ERROR", "LOG", "FATAL", "PANIC"]],
    ["warning", ["WARNING", "ERROR", "LOG", "FATAL", "PANIC"]],
    ["error", ["ERROR", "LOG", "FATAL", "PANIC"]],
    ["log", ["LOG", "FATAL", "PANIC"]],
    ["fatal", ["FATAL", "PANIC"]],
    ["panic", ["PANIC"]],
  ];
  it.each(logged)("from log_min_messages = %s on", (level, severities) => {
    const { logger, lines } = loggerOf("", level);
    const all = ["DEBUG2", "DEBUG1", "INFO", "NOTICE", "WARNING", "ERROR", "LOG", "FATAL", "PANIC"] as const;
    for (const severity of all) logger.log(severity, severity);
    expect(lines.map((line) => line.split("  ")[1]?.trim())).toEqual(severities);
  });

  it("follows a reload, in sessions that are already in, too", () => {
    const { logger, lines } = loggerOf("a ");
    const session = logger.session(client);
    logger.restyle({ destinations: ["stderr"], linePrefix: { parts: ["b "] }, minMessages: "fatal" });
    session.log("LOG", "x");
    session.log("FATAL", "y");
    expect(lines).toEqual(["b FATAL:  y\n"]);
  });
});

function shown(prefix: string, facts: object | null): string {
  const { logger, lines } = loggerOf(prefix);
  const log = facts === null ? logger : logger.session({ ...client, ...facts });
  log.log("LOG", "");
  return lines.join("").replace(/LOG: {2}\n$/, "");
}

/** Compared with a server: %m|%p|… of PostgreSQL 18.4. */
describe("the prefix", () => {
  const app = { user: "app", database: "shop", applicationName: "psql", backendType: "client backend" };

  it.each([
    ["%a|%u|%d", {}, "[unknown]|[unknown]|[unknown]"],
    ["%a|%u|%d", app, "psql|app|shop"],
    ["%a|%u|%d|%r|%h", null, "||||"],
    ["%r|%h", {}, "10.0.0.7(50001)|10.0.0.7"],
    ["%r|%h", { remoteHost: "[local]", remotePort: null }, "[local]|[local]"],
    ["%b", {}, "not initialized"],
    ["%b", app, "client backend"],
    ["%b", null, "postmaster"],
    ["%c", {}, "6b030d66.6761"],
    ["%c", null, "6b030bdc.57cd"],
    ["%p %s", {}, "26465 2026-11-22 15:42:30 UTC"],
    ["%p %s", null, "22477 2026-11-22 15:35:56 UTC"],
    ["%m|%t|%n", {}, "2026-11-22 15:42:30.994 UTC|2026-11-22 15:42:30 UTC|1795362150.994"],
    ["%e|%l|%%", {}, "00000|1|%"],
    ["%7p|%-8u|%6%|", app, "  26465|app     |%|"],
    ["%-5u|%5d|", null, "     |     |"],
    ["x %q%u", null, "x "],
    ["x %q%u", app, "x app"],
  ])("%s of %j", (prefix, facts, expected) => expect(shown(prefix, facts)).toBe(expected));

  it("shows what became known", () => {
    const { logger, lines } = loggerOf("%u@%d %l ");
    const session = logger.session(client);
    session.log("LOG", "x");
    session.learn({ user: "app" });
    session.log("LOG", "y", { detail: "z" });
    logger.log("LOG", "of the process");
    expect(lines).toEqual([
      "[unknown]@[unknown] 1 LOG:  x\n",
      "app@[unknown] 2 LOG:  y\napp@[unknown] 3 DETAIL:  z\n",
      "@ 1 LOG:  of the process\n",
    ]);
  });

  it.each([
    ["WARNING", undefined, "01000"],
    ["FATAL", undefined, "XX000"],
    ["FATAL", "28P01", "28P01"],
  ] as const)("shows the SQLSTATE of %s with %s", (severity, sqlstate, shown) => {
    const { logger, lines } = loggerOf("%e");
    logger.log(severity, "", { sqlstate });
    expect(lines[0]?.slice(0, 5)).toBe(shown);
  });

  it.each(["%Z", "%i", "%5Q", "x%", "%-"])("refuses %s", (text) =>
    expect(parseLinePrefix(text)).toHaveProperty("error.detail"),
  );
});
