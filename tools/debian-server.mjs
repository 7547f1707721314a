// Debian's build of a PostgreSQL server, unpacked into tools/servers/debian-MAJOR with the libraries that it needs:
// for a machine that has it not. Installing the package would make and start a cluster, a user and a service;
// unpacked it changes nothing of the machine, needs no root, and may be of another Debian than this one.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const home = fileURLToPath(new URL("servers/", import.meta.url));

/** The archives that have them. Of experimental, only what the server's own sources make is taken. */
const archives = {
  15: ["debian bookworm", "debian-security bookworm-security"],
  19: ["debian sid", "debian experimental"],
};

/** Unpacks the server of a major version, unless it is there: 50 to 100 MB to fetch. */
export function unpackDebianServer(major) {
  const place = join(home, `debian-${major}`);
  if (existsSync(place)) return;
  if (!existsSync(keyring)) throw new Error(`it takes apt-get and ${keyring}`);
  console.log(`Setting up: unpacking Debian's postgresql-${major}`);
  const work = mkdtempSync(join(home, `debian-${major}.unfinished-`));
  try {
    const apt = privateApt(work, major);
    const debs = join(work, "debs");
    const root = join(work, "root");
    mkdirSync(debs);
    const packages = withLibraries(apt, `postgresql-${major}`);
    execFileSync("apt-get", [...apt, "download", "-qq", ...packages], { cwd: debs, stdio: "inherit" });
    for (const deb of readdirSync(debs)) execFileSync("dpkg-deb", ["-x", join(debs, deb), root]);
    const native = join("usr/lib/postgresql", String(major));
    for (const program of ["postgres", "initdb", "pgbench"])
      runWithOwnLibraries(root, join(native, "bin", program));
    // Without libllvm a long query would fail in it; without it, there is just no compiler.
    rmSync(join(root, native, "lib/llvmjit.so"), { force: true });
    renameSync(root, place);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The options that make apt work in a directory of its own, as if nothing were installed. */
function privateApt(work, major) {
  const lists = join(work, "lists");
  const cache = join(work, "cache");
  mkdirSync(join(lists, "partial"), { recursive: true });
  mkdirSync(join(cache, "archives", "partial"), { recursive: true });
  const file = (name, lines) => {
    writeFileSync(join(work, name), lines.join("\n") + "\n");
    return join(work, name);
  };
  const sources = archives[major].map((a) => `deb [signed-by=${keyring}] http://deb.debian.org/${a} main`);
  const pin = [`Package: postgresql-${major} libpq5`, "Pin: release a=experimental", "Pin-Priority: 990"];
  const settings = {
    "Dir::State::lists": lists,
    "Dir::State::status": "/dev/null",
    "Dir::Cache": cache,
    "Dir::Etc::SourceList": file("sources.list", sources),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::Etc::Preferences": file("preferences", pin),
    "Dir::Etc::PreferencesParts": "/dev/null",
    "Acquire::Languages": "none",
    "APT::Sandbox::User": "",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  execFileSync("apt-get", [...options, "update", "-qq"], { stdio: "inherit" });
  return options;
}

/** The package and every library below it. The compiler for queries, which is most of their size, is left out. */
function withLibraries(apt, name) {
  const found = new Set([name]);
  let level = [name];
  while (level.length > 0) {
    const said = execFileSync("apt-cache", [...apt, "depends", "--important", ...level], {
      encoding: "utf8",
    });
    const names = [...said.matchAll(/^[ |]+(?:Pre)?Depends: (lib[^\s:]+)/gm)].map(([, library]) => library);
    level = [...new Set(names)].filter((library) => !found.has(library) && !library.startsWith("libllvm"));
    for (const library of level) found.add(library);
  }
  return [...found];
}

/** Puts a script in a program's place, which runs it with the C library and all others that were unpacked with it. */
function runWithOwnLibraries(root, program) {
  const path = join(root, program);
  renameSync(path, `${path}.elf`);
  const up = relative(dirname(path), root);
  const directories = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"];
  const loaders = directories.map((directory) => join(directory, "ld-linux-x86-64.so.2"));
  const loader = loaders.find((file) => existsSync(join(root, file)));
  if (loader === undefined) throw new Error(`no ${loaders.join(" and no ")} was unpacked`);
  const lines = [
    "#!/bin/sh",
    `root=$(dirname -- "$0")/${up}`,
    `libraries=${directories.map((directory) => `$root/${directory}`).join(":")}`,
    `exec "$root/${loader}" --library-path "$libraries" --argv0 "$0" "$0.elf" "$@"`,
  ];
  writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o755 });
}
