export { emptyDisk, readDirectory, systemError } from "./disk.ts";
export type { ReadDisk } from "./disk.ts";
export { readPolicy } from "./read-policy.ts";
export type { PolicyReading, ReadPolicyOptions } from "./read-policy.ts";
