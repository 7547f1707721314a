import type { Socket } from "node:net";

/**
 * The file descriptor of a socket. Node does not document it and has no other way to it; null if a Node should hide
 * it, and after the close.
 */
export function descriptorOf(socket: Socket): number | null {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) return null;
  const fd: unknown = Reflect.get(handle, "fd");
  return typeof fd === "number" && fd >= 0 ? fd : null;
}
