/** The methods that hold a proof against the role's stored secret. */
import { randomBytes } from "node:crypto";
import { md5, password, scramSha256, unjudgedPassword } from "@sallyport/methods";
import type { PasswordLogin } from "@sallyport/methods";
import type { Login, MethodSurroundings, RunMethod } from "./login.ts";

export const runPassword: RunMethod = async (login, gate) =>
  gate.settings.auth_source === "upstream"
    ? await unjudgedPassword(login.exchange, login.packet.user)
    : await password(login.exchange, passwordLogin(login, gate), login.signal);

export const runMd5: RunMethod = async (login, gate) => {
  const { password_encryption: passwordEncryption } = gate.settings;
  return await md5(login.exchange, { ...passwordLogin(login, gate), passwordEncryption });
};

export const runScram: RunMethod = async (login, gate) =>
  await scramSha256(login.exchange, passwordLogin(login, gate));

function passwordLogin(
  { packet, row, tls }: Login,
  { settings, nodeKey }: MethodSurroundings,
): PasswordLogin {
  return {
    role: packet.user,
    stored: row,
    mockKey: nodeKey,
    iterations: settings.scram_iterations,
    random: randomBytes,
    channelBinding: tls?.endPoint ? { type: "tls-server-end-point", data: tls.endPoint } : null,
    passOn: settings.upstream_auth === "passthrough",
  };
}
