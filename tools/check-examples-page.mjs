// Prints docs/check-examples.md: what "check" says of the fixtures; with --write, writes it:  npm run docs
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { examples } from "../packages/analysis/test/fixtures/examples.mjs";
import { main } from "../packages/sallyport/src/main.ts";

const fixtures = new URL("../packages/analysis/test/fixtures/", import.meta.url);
const start = `# What check says

<!-- Made by "npm run docs" from packages/analysis/test/fixtures: change it there. -->

Files that people start with, and what \`sallyport check\` says of each. The lines are theirs, the arrangement is ours. Of a file in
which nothing is wrong it says so in one line; \`info\` is good to know, and fails nothing. [check.md](check.md) explains each finding.
`;

const sections = [];
for (const example of examples) sections.push(await section(...example));
const page = [start, ...sections].join("\n");
if (process.argv.includes("--write")) {
  await writeFile(new URL("../docs/check-examples.md", import.meta.url), page);
} else process.stdout.write(page);

async function section(name, title, options = "") {
  const directory = new URL(`${name}/`, fixtures);
  const files = ["pg_hba.conf", "pg_ident.conf"].filter((file) => existsSync(new URL(file, directory)));
  const words = options === "" ? [] : options.split(" ");
  process.chdir(directory.pathname);
  let said = "";
  const io = {
    stdout: (text) => (said += text),
    stderr: (text) => (said += text),
    stdin: process.stdin,
    environment: {},
    clock: () => new Date(),
  };
  const status = await main(["check", ...words, ...files], io);
  const shown = [];
  for (const file of files) {
    const text = await readFile(new URL(file, directory), "utf8");
    shown.push(`\`${file}\`:\n\n\`\`\`text\n${text}\`\`\`\n`);
  }
  const command = ["sallyport check", ...words, ...files].join(" ");
  return `## ${title}

${shown.join("\n")}
\`${command}\` (exit status ${status}):

\`\`\`text
${said.replaceAll(directory.pathname, "")}\`\`\`
`;
}
