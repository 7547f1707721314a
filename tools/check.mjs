// The static checks, side by side: format, lint (with types and import directions), types, unused code, packages.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const checks = {
  format: "oxfmt --check",
  lint: "oxlint --type-aware --deny-warnings",
  types: "tsc --noEmit",
  pure: "tsc -p packages/policy/tsconfig.pure.json",
  build: "tsc -b tsconfig.build.json",
  unused: "knip",
};

const published = ["policy", "wire", "methods", "gateway", "analysis", "live", "embedded", "sallyport"];

const results = await Promise.all(Object.entries(checks).map(([name, command]) => run(name, command)));
results.push(
  ...(await Promise.all(
    published.map((name) => run(`publint ${name}`, `publint packages/${name} --strict`)),
  )),
);
for (const { name, ok, seconds, output } of results) {
  console.log(`${ok ? "ok  " : "FAIL"} ${name.padEnd(17)} ${seconds.toFixed(1)} s`);
  if (!ok) console.log(output);
}
process.exit(results.every((result) => result.ok) ? 0 : 1);

function run(name, command) {
  const start = performance.now();
  return new Promise((resolve) => {
    const child = spawn("npx", ["--no-install", ...command.split(" ")], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => (output += error.message));
    child.on("close", (code) =>
      resolve({ name, ok: code === 0, seconds: (performance.now() - start) / 1000, output }),
    );
  });
}
