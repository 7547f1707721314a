import type { Bytes } from "@sallyport/policy";
import type { PamLogin, PamStep, PamVerdict } from "../messages.ts";
import type { Address, Conv, LibPam } from "./libpam.ts";

/** `<security/_pam_types.h>`. */
const PAM_SUCCESS = 0;
const [PAM_USER, PAM_RHOST, PAM_CONV] = [2, 4, 5];

/** Whose login it is until PAM_USER says so, as PostgreSQL has it. */
const nobodyYet = cString("pgsql@");

/** What PostgreSQL has PAM do for a login, step by step. */
export function judge(pam: LibPam, conv: Conv, login: PamLogin): PamVerdict {
  const started: [Address | null] = [null];
  const service = cString(login.service);
  const code = start(pam, service, conv, login.directory, started);
  const [handle] = started;
  const failed = (by: PamStep, code: number): PamVerdict => ({
    kind: "failed",
    by,
    reason: pam.strerror(handle, code),
  });
  if (code !== PAM_SUCCESS) return failed("start", code);

  const { role, remoteHost } = login;
  const steps: readonly (readonly [PamStep, () => number])[] = [
    ["user", () => pam.setItem(handle, PAM_USER, cString(role))],
    [
      "rhost",
      () => (remoteHost === null ? PAM_SUCCESS : pam.setItem(handle, PAM_RHOST, cString(remoteHost))),
    ],
    ["conv", () => pam.setItem(handle, PAM_CONV, conv)],
    ["authenticate", () => pam.authenticate(handle, 0)],
    ["acct_mgmt", () => pam.acctMgmt(handle, 0)],
  ];
  for (const [by, step] of steps) {
    const code = step();
    if (code === PAM_SUCCESS) continue;
    const verdict = failed(by, code);
    // PostgreSQL ends with the process; here another login may follow.
    pam.end(handle, code);
    return verdict;
  }
  const ended = pam.end(handle, PAM_SUCCESS);
  // The handle is gone, and was never needed for the words.
  return ended === PAM_SUCCESS
    ? { kind: "passed" }
    : { kind: "failed", by: "end", reason: pam.strerror(null, ended) };
}

/** `PAM_SYSTEM_ERR`'s number on Linux; there is no function that would take a directory. */
const noSuchFunction = 4;

function start(
  pam: LibPam,
  service: Buffer,
  conv: Conv,
  directory: Bytes | null,
  handle: [Address | null],
): number {
  if (directory === null) return pam.start(service, nobodyYet, conv, handle);
  return pam.startIn?.(service, nobodyYet, conv, cString(directory), handle) ?? noSuchFunction;
}

function cString(bytes: Bytes): Buffer {
  return Buffer.from(`${bytes}\0`, "latin1");
}
