import { peerCredentials, setTcpOption, userName } from "@sallyport/methods/os";
import type { SessionSurroundings } from "@sallyport/wire";
import { descriptorOf } from "../doorstep/descriptor.ts";

/** What a session upstream is opened with beside its connection string: the system's own means. */
export const upstreamSurroundings: SessionSurroundings = {
  setTcpOption: (socket, option, value) => setTcpOption(descriptorOf(socket) ?? -1, option, value),
  peerUser: async (socket, signal) => {
    const credentials = peerCredentials(descriptorOf(socket) ?? -1);
    return credentials === null
      ? { error: "could not get peer credentials" }
      : await userName(credentials.uid, signal);
  },
};
