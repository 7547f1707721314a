import type { Socket } from "node:net";
import { peerCredentials } from "@sallyport/methods/os";
import type { PeerCredentials } from "@sallyport/methods/os";
import { descriptorOf } from "./descriptor.ts";

/** Who connected to a Unix socket. Ask when a connection arrives: after its close nobody knows any more. */
export function peerCredentialsOf(socket: Socket): PeerCredentials | null {
  const fd = descriptorOf(socket);
  return fd === null ? null : peerCredentials(fd);
}
