// Makes a checkout ready: npm packages (with the pinned Node), the embedded server's links, and for the
// tests the Debian packages of the real servers and clients. Idempotent; plain JavaScript that Node 20 runs.
//   node tools/setup.mjs [--runtime | --servers | --all-servers] [--experimental] [--bench]
// --servers: what `npm test` asks; --all-servers: also PostgreSQL 10, 11, 12, 14 and 17; --experimental: also 19;
// --bench: what `npm run bench` measures beside us and with
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { unpackDebianServer } from "./debian-server.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const runtimeOnly = process.argv.includes("--runtime");
const withAllServers = process.argv.includes("--all-servers");
const withServers = withAllServers || process.argv.includes("--servers");
const withExperimental = process.argv.includes("--experimental");
const withBench = process.argv.includes("--bench");

/** The clients and servers of Debian that the tests talk to, and where each is found. */
const testPrograms = [
  ["/usr/lib/postgresql/15/bin/psql", "postgresql-client-15"],
  ["/usr/bin/openssl", "openssl"],
  ["/usr/bin/systemd-socket-activate", "systemd"],
  ["/usr/sbin/dnsmasq", "dnsmasq-base"],
  ["/usr/sbin/ip", "iproute2"],
  ["/usr/sbin/haproxy", "haproxy"],
  ["/usr/sbin/krb5kdc", "krb5-kdc"],
  ["/usr/sbin/kadmin.local", "krb5-admin-server"],
  ["/usr/bin/kinit", "krb5-user"],
  ["/usr/sbin/slapd", "slapd"],
  ["/usr/bin/ldapsearch", "ldap-utils"],
  ["/usr/sbin/freeradius", "freeradius"],
  ["/usr/sbin/oidentd", "oidentd"],
  ["/usr/lib/x86_64-linux-gnu/pam_wrapper/pam_matrix.so", "libpam-wrapper"],
];

/** The same for the benchmarks. */
const benchPrograms = [
  ["/usr/lib/postgresql/15/bin/psql", "postgresql-client-15"],
  ["/usr/bin/openssl", "openssl"],
  ["/usr/sbin/pgbouncer", "pgbouncer"],
];

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 20) fail(`Node.js 20 or later is needed to set up, this is ${process.version}`);

installPackages(root, runtimeOnly);
if (withServers) installDebian("the tests", testPrograms);
if (withBench) installDebian("the benchmarks", benchPrograms);
// Debian has pgbench in the package of the server.
if (withServers || withBench) if (!existsSync("/usr/lib/postgresql/15/bin/postgres")) unpack(15);
if (withAllServers) installPackages(`${root}tools/servers/`, false);
if (withExperimental) unpack(19);

/** `npm ci` unless node_modules was made from this very lock file, by this very kind of set-up. */
function installPackages(directory, runtimeOnly) {
  const lock = readFileSync(`${directory}package-lock.json`);
  const stamp = `${directory}node_modules/.setup-stamp`;
  const hash = createHash("sha256").update(lock).digest("hex");
  const made = existsSync(stamp) ? readFileSync(stamp, "utf8").trim().split(" ") : [];
  const enough = made[0] === hash && (runtimeOnly || made[1] === "all");
  if (enough) return;
  const all = !runtimeOnly || made[1] === "all";
  console.log(`Setting up: npm ci${all ? "" : " --omit=dev"} in ${directory}`);
  const flags = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  if (!all) flags.push("--omit=dev");
  const npm = spawnSync("npm", flags, { cwd: directory, stdio: "inherit" });
  if (npm.status !== 0) fail("npm ci failed; its words are above");
  writeFileSync(stamp, `${hash} ${all ? "all" : "runtime"}\n`);
}

/** Installs the packages of the programs that are not there; none of them listens because it is installed. */
function installDebian(whom, wanted) {
  const missing = wanted.filter(([file]) => !existsSync(file)).map(([, name]) => name);
  if (missing.length === 0) return;
  if (process.platform !== "linux" || !existsSync("/usr/bin/apt-get")) {
    fail(`${whom} need ${missing.join(", ")}, and this machine has no apt-get to install them`);
  }
  if (process.getuid?.() !== 0) {
    fail(`${whom} need Debian's packages; as root: apt-get install ${missing.join(" ")}`);
  }
  console.log(`Setting up: apt-get install ${missing.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  execFileSync("apt-get", ["update", "-qq"], { env, stdio: "inherit" });
  const flags = ["install", "-y", "-qq", "--no-install-recommends", ...missing];
  withoutStarting(() => execFileSync("apt-get", flags, { env, stdio: "inherit" }));
}

/** What is installed meanwhile is not started (invoke-rc.d asks this file): tests and benchmarks start servers of their own. */
function withoutStarting(install) {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return install();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    return install();
  } finally {
    rmSync(policy, { force: true });
  }
}

function unpack(major) {
  try {
    unpackDebianServer(major);
  } catch (error) {
    fail(`cannot unpack Debian's postgresql-${major}: ${error.message}`);
  }
}

function fail(message) {
  console.error(`setup: error: ${message}`);
  process.exit(2);
}
