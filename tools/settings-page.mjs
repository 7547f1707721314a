// Prints docs/settings.md, made of the one table of settings; with --write, writes it:  npm run docs
import { writeFile } from "node:fs/promises";
import { settingsSections } from "../packages/gateway/src/config/settings-table.ts";

const start = `# Settings

<!-- Made by "npm run docs" from packages/gateway/src/config/settings: change it there. -->

The settings of a gate stand in its \`sallyport.conf\`, which has the syntax of \`postgresql.conf\` and may include files as that
may. \`serve -c NAME=VALUE\` overrides them for one start; \`serve -C NAME\` prints the value that counts.
A setting of PostgreSQL's has its name, type, unit, range and default, but for defaults of \`port\` and of paths.

- **boolean**: \`on\`, \`off\`, \`true\`, \`false\`, \`yes\`, \`no\`, \`1\`, \`0\`, or an unambiguous beginning of one.
- **integer**: decimal, hexadecimal (\`0x\`) or octal (\`0\`). One with a unit of time takes \`us\`, \`ms\`, \`s\`, \`min\`, \`h\`, \`d\`
  behind the number; a bare number is in the unit that stands at the setting.
- **enum**: one of the values, in upper or lower case.
- **list**: separated by commas. **path**: one that is not absolute starts at the gate directory.
- **restart**: a change counts after a new start. **reload**: after the next reload (SIGHUP, \`sallyport reload\`, \`config_watch\`), for
  the connections that come then; what a server lets a session change for itself is among these.

A name that is not here, or a value that is refused, is an error with file and line: the gateway does not start, and at a reload
it goes on with what it has. "This build" marks what is not built yet.
`;

const page = [start, ...settingsSections.map(section)].join("\n");
if (process.argv.includes("--write")) await writeFile(new URL("../docs/settings.md", import.meta.url), page);
else process.stdout.write(page);

function section({ title, about, rows }) {
  const entries = [...rows].map(([name, row]) => entry(name, row));
  return [`## ${title}\n\n${about}\n`, ...entries].join("\n");
}

function entry(name, row) {
  const facts = [
    typeOf(row),
    row.default === null ? "must be given" : `default ${shown(row.default)}`,
    row.context === "postmaster" ? "restart" : "reload",
    row.whose === "postgresql" ? "PostgreSQL's" : "Sallyport's",
  ];
  const refused = refusalOf(row);
  return `### ${name}\n\n${facts.join("; ")}\n\n${text(row.description)}\n${refused === "" ? "" : `\n${refused}\n`}`;
}

function typeOf(row) {
  switch (row.type) {
    case "bool":
      return "boolean";
    case "integer":
      return `integer${row.unit ? ` (${row.unit})` : ""}, ${rangeOf(row)}`;
    case "enum":
      return `enum: ${row.values.map(shown).join(", ")}`;
    case "list":
      return `list of ${text(row.of)}`;
    case "string":
      return row.path ? "path" : "string";
  }
}

/** Permission bits are octal, and so is their default. */
function rangeOf({ min, max, default: byDefault }) {
  const isOctal = /^0[0-7]+$/.test(byDefault);
  return isOctal ? `${min} .. 0${max.toString(8)}` : `${min} .. ${max}`;
}

/** What of its type's values is refused, and why. */
function refusalOf({ only, refuses, secret, default: byDefault }) {
  const sentences = [];
  if (only) {
    const given = only.value === byDefault ? "" : ", which must be given, since it is not the default";
    sentences.push(`Only ${shown(only.value)} is accepted${given}: ${text(only.reason)}.`);
  }
  if (refuses) sentences.push(text(refuses));
  if (secret) sentences.push("It may hold a password, which is shown nowhere.");
  return sentences.join(" ");
}

function shown(value) {
  return value === "" ? "`''`" : `\`${value}\``;
}

/** A sentence of the table as Markdown. */
function text(sentence) {
  return sentence.replaceAll(/[*<>|]/g, String.raw`\$&`);
}
