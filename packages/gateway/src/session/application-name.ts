import type { Bytes } from "@sallyport/policy";
import type { StartupPacket } from "@sallyport/wire";

/**
 * What the client calls itself, for the log: printable ASCII as it is, every other byte as `\xHH`, so that nothing
 * in it can look like another line. Undefined if it gave no name.
 */
export function applicationNameOf(parameters: StartupPacket["parameters"]): Bytes | undefined {
  const given = parameters.findLast(([name]) => name === "application_name")?.[1];
  return given?.replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
