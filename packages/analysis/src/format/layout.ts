import { characterCount } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { Slot } from "./cells.ts";
import { longestLine } from "./items.ts";
import type { Item, Row } from "./items.ts";

/** Comments behind lines that are no longer than this stand below each other. */
const longestBeforeComment = 96;

/** Where the columns of a block begin, and the comments at the ends of its lines: in characters from 0. */
interface Grid {
  readonly starts: readonly number[];
  readonly commentStart: number;
}

/** The text of each item. Lines between two blank ones are a block; a heading goes with the first block that follows it. */
export function layOut(items: readonly Item[], slots: readonly Slot[]): Bytes[] {
  const grids = gridsOf(items, slots);
  /** Of the line above; null: that line is as it was. */
  let commentStart: number | null = null;
  return items.map((item, at) => {
    const { body } = item.line;
    const grid = grids[at];
    if (item.kind === "blank") return "";
    if (item.kind === "text") return item.text;
    if (item.kind === "hanging") {
      return commentStart === null ? body : " ".repeat(commentStart) + item.comment;
    }
    if (!grid) return body;
    let text = inColumns(item.cells, grid);
    if (item.kind === "row") {
      const start = Math.max(grid.commentStart, characterCount(text) + 2);
      if (item.comment !== "") text += " ".repeat(start - characterCount(text)) + item.comment;
      if (item.continued) text += " \\";
      commentStart = text.length > longestLine ? null : start;
    }
    return text.length > longestLine ? body : text;
  });
}

/** The grid of each item that has one. */
function gridsOf(items: readonly Item[], slots: readonly Slot[]): (Grid | null)[] {
  const grids: (Grid | null)[] = items.map(() => null);
  let waiting: number[] = []; // headings that no block has followed yet
  let block: number[] = [];
  let rows: Row[] = [];
  const endBlock = (): void => {
    if (rows.length === 0) return;
    const grid = gridOf(rows, slots);
    for (const at of [...waiting, ...block]) grids[at] = grid;
    [waiting, block, rows] = [[], [], []];
  };
  for (const [at, item] of items.entries()) {
    if (item.kind === "heading") {
      // Lines above it are not what it names the columns of.
      endBlock();
      waiting.push(at);
    } else if (item.kind === "row") {
      block.push(at);
      rows.push(item);
    } else if (item.kind === "blank") {
      endBlock();
    }
  }
  endBlock();
  return grids;
}

function gridOf(rows: readonly Row[], slots: readonly Slot[]): Grid {
  const needed = slots.map(() => slots.map(() => 0)); // from the beginning of one column to that of another
  for (const { cells } of rows) {
    for (const [at, cell] of cells.entries()) {
      if (cell === "") continue;
      const next = nextSlot(cells, slots, at);
      const most = slots[at]?.most ?? 0;
      const width = characterCount(cell);
      const row = needed[at];
      if (next === null || width >= most || !row) continue;
      row[next] = Math.max(row[next] ?? 0, tabStop(width + 1));
    }
  }
  const starts: number[] = [];
  for (const [to, slot] of slots.entries()) {
    const candidates = starts.map((start, from) => {
      const least = slot.optional ? 0 : (slots[from]?.least ?? 0);
      return start + Math.max(least, needed[from]?.[to] ?? 0);
    });
    starts.push(Math.max(0, ...candidates));
  }
  return { starts, commentStart: commentStartOf(rows, starts) };
}

/** The column that a cell must leave off before; null: there is none. */
function nextSlot(cells: readonly Bytes[], slots: readonly Slot[], at: number): number | null {
  for (let next = at + 1; next < slots.length; next += 1) {
    if (!slots[next]?.optional || cells[next] !== "") return next;
  }
  return null;
}

function commentStartOf(rows: readonly Row[], starts: readonly number[]): number {
  const grid = { starts, commentStart: 0 };
  const ends = rows
    .filter(({ comment }) => comment !== "")
    .map(({ cells }) => characterCount(inColumns(cells, grid)))
    .filter((end) => end <= longestBeforeComment);
  let longest = 0;
  for (const end of ends) longest = Math.max(longest, end);
  return tabStop(longest + 2);
}

/** Cells where their columns begin; behind one that is too long, two blanks on. */
function inColumns(cells: readonly Bytes[], { starts }: Grid): Bytes {
  let text = "";
  let width = 0;
  for (const [at, cell] of cells.entries()) {
    if (cell === "") continue;
    const start = starts[at] ?? 0;
    const from = width === 0 ? 0 : start > width ? start : width + 2;
    text += " ".repeat(from - width) + cell;
    width = from + characterCount(cell);
  }
  return text;
}

/** Columns begin at multiples of 8, as those of the sample files do: a name that is a little longer moves none of them. */
function tabStop(width: number): number {
  return Math.ceil(width / 8) * 8;
}
