import { spawnSync } from "node:child_process";

function works(file: string, ...args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: "ignore" }).status === 0;
}

/** Files of the system can be replaced for one process and its children: what a container need not let us do. */
export const canMount: boolean = works(
  "unshare",
  "--mount",
  "--propagation",
  "private",
  "mount",
  "-t",
  "tmpfs",
  "none",
  "/mnt",
);

/** There can be another network, and a link to it. */
export const canLinkNetworks: boolean =
  works("unshare", "-n", "true") &&
  works("ip", "link", "add", `spt${process.pid}`, "type", "veth", "peer", "name", `spu${process.pid}`) &&
  works("ip", "link", "delete", `spt${process.pid}`);
