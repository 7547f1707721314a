import type { HbaFileRule, IdentFileMapping } from "@sallyport/policy";
import type { TestPostgres } from "./postgres.ts";

/** `pg_hba_file_rules` of a server, byte for byte, in the columns that its version has, as a session in this database sees it. */
export async function hbaView(server: TestPostgres, database = "postgres"): Promise<HbaFileRule[]> {
  const columns = [
    "line_number",
    ...["type", "address", "netmask", "auth_method", "error"].map(hexText),
    ...["database", "user_name", "options"].map(hexArray),
  ];
  const shown = since16(server, "rule_number", columns);
  const rows = await select(server, database, shown, "pg_hba_file_rules");
  return rows.map((row) => hbaRow(server, row));
}

function hbaRow({ major }: TestPostgres, row: readonly string[]): HbaFileRule {
  return {
    ...(major < 16 ? {} : { rule_number: number(row[9]), file_name: text(row[10]) ?? "" }),
    line_number: number(row[0]) ?? 0,
    type: text(row[1]),
    database: array(row[6]),
    user_name: array(row[7]),
    address: text(row[2]),
    netmask: text(row[3]),
    auth_method: text(row[4]),
    options: array(row[8]),
    error: text(row[5]),
  };
}

/** `pg_ident_file_mappings` of a server of 15 or later, likewise. */
export async function identView(server: TestPostgres, database = "postgres"): Promise<IdentFileMapping[]> {
  const columns = ["line_number", ...["map_name", "sys_name", "pg_username", "error"].map(hexText)];
  const shown = since16(server, "map_number", columns);
  const rows = await select(server, database, shown, "pg_ident_file_mappings");
  return rows.map((row) => identRow(server, row));
}

function identRow({ major }: TestPostgres, row: readonly string[]): IdentFileMapping {
  return {
    ...(major < 16 ? {} : { map_number: number(row[5]), file_name: text(row[6]) ?? "" }),
    line_number: number(row[0]) ?? 0,
    map_name: text(row[1]),
    sys_name: text(row[2]),
    pg_username: text(row[3]),
    error: text(row[4]),
  };
}

function since16({ major }: TestPostgres, ordinal: string, columns: readonly string[]): readonly string[] {
  return major < 16 ? columns : [...columns, ordinal, hexText("file_name")];
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
