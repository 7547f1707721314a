export { changesOf, formatFile } from "./format/index.ts";
export type {
  Change,
  Difference,
  FileKind,
  FormatSource,
  Formatting,
  LeftAlone,
  PhysicalLine,
} from "./format/index.ts";
