import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { configFileName as gatewaysName } from "@sallyport/gateway";

/** The gateway's own word for it, without the gateway, which takes longer to load than most files. */
const configFileName: typeof gatewaysName = "sallyport.conf";

export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

export async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

export async function isGate(directory: string): Promise<boolean> {
  return await exists(join(directory, configFileName));
}

/** Of a PostgreSQL server, or of its configuration alone. */
export async function isServer(directory: string): Promise<boolean> {
  return await exists(join(directory, "postgresql.conf"));
}
