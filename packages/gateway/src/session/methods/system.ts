/** The methods that ask nobody: what the connection itself proves is enough. */
import { cert, peer } from "@sallyport/methods";
import { userName } from "@sallyport/methods/os";
import { namesOf } from "../certificate.ts";
import type { RunMethod } from "./login.ts";

export const runTrust: RunMethod = async () =>
  await Promise.resolve({ kind: "proved", identity: null, last: null });

export const runPeer: RunMethod = async ({ visitor, log, signal }) =>
  await peer({
    credentials: visitor.credentials,
    userName: async (uid) => await userName(uid, signal),
    log,
  });

/** That there is a certificate has been seen before (`requireCertificate`). */
export const runCert: RunMethod = async ({ packet, tls, log }, _, { options: { clientname = "CN" } }) => {
  const names = namesOf(tls);
  if (names === null) return await Promise.resolve({ kind: "failed", reason: null });
  return cert({ role: packet.user, names, clientname, log });
};
