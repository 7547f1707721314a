export type { FileKind } from "./cells.ts";
export { changesOf } from "./changes.ts";
export type { Hunk } from "./changes.ts";
export { formatFile } from "./format.ts";
export type { FormatSource, Formatting } from "./format.ts";
export type { LeftAlone } from "./items.ts";
export type { PhysicalLine } from "./physical-lines.ts";
export type { Mismatch } from "./proof.ts";
