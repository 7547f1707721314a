import { utf8Text } from "./bytes.ts";
import type { Place } from "./text/line.ts";

/** A place in JSON: 1-based, in characters, end exclusive. */
export interface PlaceJson {
  readonly file_name: string;
  readonly line_number: number;
  readonly column: number;
  readonly end_column: number;
}

export function placeJson({ fileName, lineNumber, column, endColumn }: Place): PlaceJson {
  return { file_name: utf8Text(fileName), line_number: lineNumber, column, end_column: endColumn };
}
