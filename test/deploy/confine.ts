/**
 * Runs a program under the system call filter that systemd would make of a unit: an allow list, in which socket() has
 * one of some address families. With libseccomp, as systemd does it.
 *
 *   CONFINEMENT='{"calls": [...], "families": [...]}' node confine.ts PROGRAM ARGUMENT...
 */
import koffi from "koffi";

interface Confinement {
  readonly calls: readonly string[];
  readonly families: readonly string[];
}

/** `<seccomp.h>`: everything else fails with EPERM. */
const [SCMP_ACT_ALLOW, SCMP_ACT_ERRNO_EPERM, SCMP_CMP_EQ] = [0x7fff_0000, 0x0005_0001, 4];
/** `<bits/socket.h>`. */
const families: Readonly<Record<string, number>> = { AF_UNIX: 1, AF_INET: 2, AF_INET6: 10, AF_NETLINK: 16 };

const library = koffi.load("libseccomp.so.2");
const init = library.func("void *seccomp_init(uint32_t)");
const resolve = library.func("int seccomp_syscall_resolve_name(const char *)");
const addRule = library.func("int seccomp_rule_add_array(void *, uint32_t, int, uint32_t, void *)");
const load = library.func("int seccomp_load(void *)");

/** A `struct scmp_arg_cmp`: the first argument is this number. */
function firstArgumentIs(value: number): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(0, 0);
  bytes.writeUInt32LE(SCMP_CMP_EQ, 4);
  bytes.writeBigUInt64LE(BigInt(value), 8);
  return bytes;
}

function checked(result: number, what: string): void {
  if (result !== 0) throw new Error(`${what}: ${result}`);
}

const confinement = JSON.parse(process.env["CONFINEMENT"] ?? "") as Confinement;
const filter: unknown = init(SCMP_ACT_ERRNO_EPERM);
for (const name of confinement.calls) {
  const number = Number(resolve(name));
  if (number < 0) continue; // not on this machine
  if (name !== "socket") {
    checked(Number(addRule(filter, SCMP_ACT_ALLOW, number, 0, null)), name);
    continue;
  }
  for (const family of confinement.families) {
    const value = families[family];
    if (value === undefined) throw new Error(`unknown address family ${family}`);
    checked(Number(addRule(filter, SCMP_ACT_ALLOW, number, 1, firstArgumentIs(value))), family);
  }
}
checked(Number(load(filter)), "seccomp_load");

const [program = "", ...rest] = process.argv.slice(2);
const { CONFINEMENT: _, ...environment } = process.env;
if (!process.execve) throw new Error("this Node has no process.execve");
process.execve(program, [program, ...rest], environment);
