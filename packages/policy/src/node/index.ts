export { emptyDisk, readDirectory, systemError } from "./disk.ts";
export type { ReadDisk } from "./disk.ts";
export { createPace } from "./pace.ts";
export type { Pace, PaceOptions } from "./pace.ts";
export { diagnosticsOf, readPolicy } from "./read-policy.ts";
export type { PolicyReading, ReadPolicyOptions } from "./read-policy.ts";
