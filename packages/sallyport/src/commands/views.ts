import { Command, Option } from "commander";
import { hbaFileRules, identFileMappings, maskShownOption, utf8Text } from "@sallyport/policy";
import type { HbaFileRule, IdentFileMapping } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { printJson, printLines } from "../io.ts";
import type { Io } from "../io.ts";
import type { CommandMaker } from "./command-maker.ts";
import { addPolicyOptions } from "../options/policy-options.ts";
import type { PolicyOptions } from "../options/policy-options.ts";
import { readTarget } from "../options/target.ts";
import { tableText } from "../output/table.ts";

interface ViewOptions extends PolicyOptions {
  readonly format: "text" | "json";
  readonly redact?: boolean;
}

type Cell = string | number | readonly string[] | null;
type ViewRow = Readonly<Record<string, Cell>>;

export const rulesCommand: CommandMaker = (io, done) =>
  viewCommand("rules", "the rows of pg_hba_file_rules, byte for byte")
    .option("--redact", "mask secrets (ldapbindpasswd, radiussecrets), which the view shows")
    .action(async (file: string | undefined, options: ViewOptions) => {
      const { reading } = await readTarget(file === undefined ? options : { ...options, hba: file }, io);
      const { hba } = reading;
      if (hba.openError) throw new Failure(utf8Text(hba.openError));
      const rows = hbaFileRules(hba).map((row) => shown(options.redact ? redacted(row) : row));
      print(rows, options, io);
      done(hba.loads ? 0 : 1);
    });

export const mappingsCommand: CommandMaker = (io, done) =>
  viewCommand("mappings", "the rows of pg_ident_file_mappings, byte for byte").action(
    async (file: string | undefined, options: ViewOptions) => {
      const { reading } = await readTarget(file === undefined ? options : { ...options, ident: file }, io);
      const { ident } = reading;
      if (!ident)
        throw new Failure("no pg_ident.conf is named", { hint: "Name a file, or use --ident or -D." });
      if (ident.openError) throw new Failure(utf8Text(ident.openError));
      const { version, dialect } = ident.profile;
      if (!dialect.identView) {
        const columns = "these are the columns that PostgreSQL 15 has";
        io.stderr(
          `sallyport: warning: PostgreSQL ${version.major} has no pg_ident_file_mappings; ${columns}\n`,
        );
      }
      print(identFileMappings(ident).map(shown), options, io);
      done(ident.loads ? 0 : 1);
    },
  );

function viewCommand(name: string, description: string): Command {
  return addPolicyOptions(
    new Command(name)
      .description(description)
      .argument("[file]", "the file to read; - is standard input")
      .addOption(new Option("--format <format>", "how to print").choices(["text", "json"]).default("text")),
  );
}

function print(rows: readonly ViewRow[], { format }: ViewOptions, io: Io): void {
  if (format === "json") printJson(io, rows);
  else if (rows.length === 0) printLines(io, ["(0 rows)"]);
  else
    printLines(
      io,
      tableText(
        Object.keys(rows[0] ?? {}),
        rows.map((row) => Object.values(row).map(cellText)),
      ),
    );
}

function shown(row: HbaFileRule | IdentFileMapping): ViewRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, Cell]) => [
      name,
      typeof value === "string"
        ? utf8Text(value)
        : value !== null && typeof value === "object"
          ? value.map(utf8Text)
          : value,
    ]),
  );
}

function redacted(row: HbaFileRule): HbaFileRule {
  const options = row.options?.map(maskShownOption);
  return options ? { ...row, options } : row;
}

/** Arrays as PostgreSQL prints them: quoted where an element has a character that means something. */
function cellText(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "string" || typeof cell === "number") return String(cell).replaceAll("\n", "\\n");
  const elements = cell.map((element) =>
    element === "" || /[{}",\\\s]/.test(element) || /^null$/i.test(element)
      ? `"${element.replace(/["\\]/g, String.raw`\$&`)}"`
      : element,
  );
  return `{${elements.join(",")}}`;
}
