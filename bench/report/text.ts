import { isMet } from "../result.ts";
import type { Comparison, Result } from "../result.ts";

/** Of the columns below a case: whose, value, ratio, spread. */
const widths = [24, 12, 8, 8];

/** The lines of one case: its name, ours, each peer's, and the CPU time of an operation where it is counted. */
export function resultText({ name, unit, ours, peers, cpu }: Result): string {
  const lines = [`${name}, ${unit}`, row(["sallyport", number(ours)])];
  for (const [peer, comparison] of peers) lines.push(peerText(peer, comparison));
  const spent = [...cpu].map(([whose, microseconds]) => `${whose} ${number(microseconds)} us`);
  if (spent.length > 0) lines.push(row([`CPU: ${spent.join(", ")}`]));
  return lines.join("\n");
}

function peerText(peer: string, comparison: Comparison): string {
  const { value, ratio, spread, atLeast } = comparison;
  const cells = [peer, number(value), ratio.toFixed(2), `${(spread * 100).toFixed(0)} %`];
  if (atLeast === undefined) return row(cells);
  return `${row(cells)}  ${isMet(comparison) ? "met" : "MISSED"}, at least ${number(atLeast)}`;
}

function row(cells: readonly string[]): string {
  const padded = cells.map((cell, at) =>
    at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
  );
  return `  ${padded.join(" ").trimEnd()}`;
}

/** Three digits that count; large numbers whole. */
function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
