import type { HbaFileRule, IdentFileMapping } from "@sallyport/policy";
import type { TestPostgres } from "./postgres.ts";

/** `pg_hba_file_rules` of a server, byte for byte, as a session in this database sees it. */
export async function hbaView(server: TestPostgres, database = "postgres"): Promise<HbaFileRule[]> {
  const columns = [
    "rule_number",
    "line_number",
    ...["file_name", "type", "address", "netmask", "auth_method", "error"].map(hexText),
    ...["database", "user_name", "options"].map(hexArray),
  ];
  const rows = await select(server, database, columns, "pg_hba_file_rules");
  return rows.map((row) => ({
    rule_number: number(row[0]),
    file_name: text(row[2]) ?? "",
    line_number: number(row[1]) ?? 0,
    type: text(row[3]),
    database: array(row[8]),
    user_name: array(row[9]),
    address: text(row[4]),
    netmask: text(row[5]),
    auth_method: text(row[6]),
    options: array(row[10]),
    error: text(row[7]),
  }));
}

/** `pg_ident_file_mappings` of a server, likewise. */
export async function identView(server: TestPostgres, database = "postgres"): Promise<IdentFileMapping[]> {
  const texts = ["file_name", "map_name", "sys_name", "pg_username", "error"].map(hexText);
  const rows = await select(
    server,
    database,
    ["map_number", "line_number", ...texts],
    "pg_ident_file_mappings",
  );
  return rows.map((row) => ({
    map_number: number(row[0]),
    file_name: text(row[2]) ?? "",
    line_number: number(row[1]) ?? 0,
    map_name: text(row[3]),
    sys_name: text(row[4]),
    pg_username: text(row[5]),
    error: text(row[6]),
  }));
}

const none = "-"; // for NULL: it is no hexadecimal digit

function hexText(column: string): string {
  return `coalesce(encode(textsend(${column}), 'hex'), '${none}')`;
}

function hexArray(column: string): string {
  const elements = `select encode(textsend(e), 'hex') from unnest(${column}) with ordinality u(e, n) order by n`;
  return `case when ${column} is null then '${none}' else array_to_string(array(${elements}), ',') end`;
}

async function select(
  server: TestPostgres,
  database: string,
  columns: readonly string[],
  view: string,
): Promise<string[][]> {
  const result = await server.psql([
    "-d",
    database,
    "-F",
    " ",
    "-c",
    `select ${columns.join(", ")} from ${view}`,
  ]);
  if (result.status !== 0) throw new Error(`cannot read ${view}: ${result.stderr}`);
  const lines = result.stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.split(" "));
}

function number(field: string | undefined): number | null {
  return field === undefined || field === "" ? null : Number(field);
}

function text(field: string | undefined): string | null {
  return field === undefined || field === none ? null : Buffer.from(field, "hex").toString("latin1");
}

function array(field: string | undefined): string[] | null {
  if (field === undefined || field === none) return null;
  return field.split(",").map((element) => Buffer.from(element, "hex").toString("latin1"));
}
