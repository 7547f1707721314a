import { ident } from "@sallyport/methods";
import { systemReason } from "../../log/system-reason.ts";
import type { RunMethod } from "./login.ts";

export const runIdent: RunMethod = async ({ visitor, turns, log, signal }, { identPort }) => {
  const { host, port } = visitor.peer;
  const { localAddress, localPort } = visitor.socket;
  if (localAddress === undefined || localPort === undefined) return { kind: "gone" };
  return await ident({
    client: { address: host, port: Number(port) },
    // The client's machine knows no connection to us, but one to the proxy.
    server: visitor.proxy === null ? { address: localAddress, port: localPort } : null,
    port: identPort,
    turns,
    log,
    signal,
    reasonOf: systemReason,
  });
};
