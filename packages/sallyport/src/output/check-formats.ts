import { isAbsolute, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { githubLines, reportJson, sarifLog } from "@sallyport/analysis";
import type { Report, ReportKinds } from "@sallyport/analysis";
import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { printJson, printLines } from "../io.ts";
import type { Io } from "../io.ts";
import { version } from "../version.ts";
import { checkText } from "./check-text.ts";

export const checkFormats = ["text", "json", "sarif", "github"] as const;

export type CheckFormat = (typeof checkFormats)[number];

export function printReport(report: Report, format: CheckFormat, kinds: ReportKinds, io: Io): void {
  switch (format) {
    case "text":
      printLines(io, checkText(report));
      break;
    case "json":
      printJson(io, reportJson(report, kinds));
      break;
    case "sarif":
      printJson(io, sarifLog(report, { version, kinds, uriOf }));
      break;
    case "github":
      printLines(io, githubLines(report, shortPath));
      break;
  }
}

/** As it is called from here, where that is inside: so a repository knows its files. */
function shortPath(fileName: Bytes): string {
  const full = resolve(utf8Text(fileName));
  const inside = relative(resolve("."), full);
  return inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? full : inside;
}

function uriOf(fileName: Bytes): string {
  const path = shortPath(fileName);
  if (isAbsolute(path)) return pathToFileURL(path).href;
  return path.split(sep).map(encodeURIComponent).join("/");
}
