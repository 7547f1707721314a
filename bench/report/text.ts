import { isMet } from "../result.ts";
import type { Comparison, Result } from "../result.ts";

/** Of the columns, in order: case, whose, value, ratio, spread, what is asked. */
const widths = [18, 22, 12, 8, 8];

export const heading: string = row(["case", "peer", "value", "ratio", "spread", "asked"]);

/** The lines of one case: ours, then each peer's, then the CPU time of both where it is counted. */
export function resultText({ name, unit, ours, peers, cpu }: Result): string {
  const lines = [row([name, "sallyport", number(ours), "", "", unit])];
  for (const [peer, comparison] of peers) lines.push(peerText(peer, comparison));
  const spent = [...cpu].map(([whose, microseconds]) => `${whose} ${number(microseconds)} us`);
  if (spent.length > 0) lines.push(row(["", `CPU: ${spent.join(", ")}`]));
  return lines.join("\n");
}

function peerText(peer: string, comparison: Comparison): string {
  const { value, ratio, spread, atLeast } = comparison;
  const verdict =
    atLeast === undefined ? "" : `${isMet(comparison) ? "met" : "MISSED"}, at least ${number(atLeast)}`;
  return row(["", peer, number(value), ratio.toFixed(2), `${(spread * 100).toFixed(0)} %`, verdict]);
}

function row(cells: readonly string[]): string {
  const padded = cells.map((cell, at) =>
    at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
  );
  return padded.join(" ").trimEnd();
}

/** Three digits that count; large numbers whole. */
function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
