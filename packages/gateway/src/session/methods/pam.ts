import { pam } from "@sallyport/methods";
import type { Bytes, HbaRule } from "@sallyport/policy";
import { noNameForLog } from "../../log/index.ts";
import type { Login, MethodSurroundings, RunMethod } from "./login.ts";
import { serviceCallOf } from "./service-call.ts";

export const runPam: RunMethod = async (login, gate, rule) => {
  const remoteHost = await remoteHostOf(login, gate, rule);
  if (remoteHost !== null && typeof remoteHost !== "string") {
    login.log(noNameForLog(remoteHost.words), { severity: "WARNING" });
    return { kind: "failed", reason: null };
  }
  return await pam({ ...serviceCallOf(login, gate, rule), ...gate.pam, remoteHost });
};

/** What modules are told of where the client is: by getnameinfo(3), so that an address without a name is the address. */
async function remoteHostOf(
  { visitor: { peer }, asker }: Login,
  { resolver }: MethodSurroundings,
  { type, options }: HbaRule,
): Promise<Bytes | null | { readonly words: Bytes }> {
  if (type === "local") return null;
  if (options.pamUseHostname !== true) return peer.host;
  const answer = await resolver.nameOf(peer.host, asker);
  if ("name" in answer) return answer.name;
  return answer.failure.code === "EAI_NONAME" ? peer.host : answer.failure;
}
