import { characterCount } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { cellsOf, headingCells, isDirective } from "./cells.ts";
import type { FileKind } from "./cells.ts";
import { columnsOf } from "./columns.ts";
import type { Columns } from "./columns.ts";
import { continues, trimmedEnd } from "./physical-lines.ts";
import type { PhysicalLine } from "./physical-lines.ts";

/** What is to become of a physical line. Only `blank` ends a block of lines that are laid out together. */
export type Item = { readonly line: PhysicalLine } & (
  | { readonly kind: "blank" }
  /** It has no columns, or keeps those that it has. */
  | { readonly kind: "text"; readonly text: Bytes }
  /** A comment that goes on below the one at the end of the line above. */
  | { readonly kind: "hanging"; readonly comment: Bytes }
  /** A comment that names the columns. */
  | { readonly kind: "heading"; readonly cells: readonly Bytes[] }
  | Row
);

export interface Row {
  readonly kind: "row";
  readonly cells: readonly Bytes[];
  readonly comment: Bytes;
  /** A backslash stands behind it, and more of the rule on the next physical line. */
  readonly continued: boolean;
}

/** A line that keeps its bytes, and why. */
export interface LeftAlone {
  readonly lineNumber: number;
  readonly reason: string;
}

/**
 * Up to PostgreSQL 13 a physical line has a most length, 8190 bytes in many releases. A longer one is cut, and where depends on its
 * blanks; one that is nearly as long must not become longer than that.
 */
export const longestLine = 8000;

/** Reads lines as what they are to the layout. */
export class ItemReader {
  readonly items: Item[] = [];
  readonly leftAlone: LeftAlone[] = [];
  readonly #kind: FileKind;
  readonly #mistakes: ReadonlyMap<number, string>;
  /** Where the comment of the line above begins, in characters from 0; kept: that line keeps its columns; null: it has none. */
  #commentAbove: number | "kept" | null = null;

  /** @param mistakes what is wrong with lines, by their numbers */
  constructor(kind: FileKind, mistakes: ReadonlyMap<number, string>) {
    this.#kind = kind;
    this.#mistakes = mistakes;
  }

  /** A logical line: one physical line, or several of which each continues in the next. */
  add(lines: readonly PhysicalLine[]): void {
    const [head, ...tail] = lines;
    if (!head) return;
    const mistaken = lines.find(({ number }) => this.#mistakes.has(number));
    if (mistaken) {
      this.#leave(head, this.#mistakes.get(mistaken.number) ?? "");
    } else if (/[\r\0]/.test(head.body)) {
      this.#leave(head, "a carriage return within a line is a blank up to PostgreSQL 18, and not from 19 on");
    } else if (head.body.length > longestLine) {
      this.#leave(head, `it is longer than ${longestLine} bytes`);
    } else if (continues(head)) {
      this.#addContinued(head);
    } else {
      this.#addSingle(head);
    }
    for (const line of tail) this.#keep(line);
  }

  #leave(line: PhysicalLine, reason: string): void {
    this.leftAlone.push({ lineNumber: line.number, reason });
    this.#keep(line);
  }

  #keep(line: PhysicalLine): void {
    this.#commentAbove = "kept";
    this.items.push({ line, kind: "text", text: line.body });
  }

  #addSingle(line: PhysicalLine): void {
    const { body } = line;
    const cut = columnsOf(body);
    if (cut === null) {
      this.#leave(line, "it has a comma between its columns");
    } else if (cut.columns.length === 0) {
      this.#addComment(line, trimmedEnd(cut.comment));
    } else if (cut.comment === "" && /\\[ \t]+$/.test(body)) {
      this.#leave(
        line,
        "it ends with a backslash, and without the blanks behind it would go on in the next line",
      );
    } else if (isDirective(cut.columns)) {
      const text = cut.columns.map(({ written }) => written).join(" ");
      this.#commentAbove = null;
      // Blanks at the end of a word are within a quote that is never closed.
      const comment = cut.comment && `  ${trimmedEnd(cut.comment)}`;
      this.items.push({ line, kind: "text", text: text + comment });
    } else {
      this.#addRow(line, cut, false);
    }
  }

  /** Its own columns are laid out, if it has a whole rule but for options; what follows it is kept as it is. */
  #addContinued(line: PhysicalLine): void {
    const cut = columnsOf(line.body);
    const last = cut?.columns.at(-1);
    const columns = cut?.columns.slice(0, -1) ?? [];
    const whole = cellsOf(this.#kind, columns).at(-2) !== "";
    if (last?.written === "\\" && cut?.comment === "" && whole)
      this.#addRow(line, { columns, comment: "" }, true);
    else this.#keep(line);
  }

  #addRow(line: PhysicalLine, { columns, comment }: Columns, continued: boolean): void {
    const cells = cellsOf(this.#kind, columns);
    this.#commentAbove = comment === "" ? null : columnOf(line.body, line.body.length - comment.length);
    this.items.push({ line, kind: "row", cells, comment: trimmedEnd(comment), continued });
  }

  #addComment(line: PhysicalLine, comment: Bytes): void {
    const column = columnOf(line.body, line.body.indexOf("#"));
    if (comment !== "" && column > 0 && this.#commentAbove === "kept") {
      this.#keep(line);
    } else if (comment !== "" && column > 0 && this.#commentAbove === column) {
      this.items.push({ line, kind: "hanging", comment });
    } else {
      this.#commentAbove = null;
      const cells = headingCells(this.#kind, comment);
      if (comment === "") this.items.push({ line, kind: "blank" });
      else this.items.push(cells ? { line, kind: "heading", cells } : { line, kind: "text", text: comment });
    }
  }
}

/** In characters from 0, where tabs go to the next multiple of 8. */
function columnOf(text: Bytes, at: number): number {
  let column = 0;
  for (const [index, part] of text.slice(0, at).split("\t").entries()) {
    if (index > 0) column += 8 - (column % 8);
    column += characterCount(part);
  }
  return column;
}
