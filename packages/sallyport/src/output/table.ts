/** Rows as columns of text, aligned, two blanks apart; nothing behind the last column. */
export function tableText(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return alignedText([header, ...rows]);
}

/** Rows of equally many columns. */
export function alignedText(all: readonly (readonly string[])[]): string[] {
  const widths = all[0]?.map((_, column) => longest(all.map((row) => width(row[column] ?? "")))) ?? [];
  return all.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell)))
      .join("  ")
      .trimEnd(),
  );
}

/** Of however many: the arguments of a call are not. */
function longest(lengths: readonly number[]): number {
  return lengths.reduce((most, length) => Math.max(most, length), 0);
}

function width(text: string): number {
  return Array.from(text).length;
}
