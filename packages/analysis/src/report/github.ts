import type { Bytes } from "@sallyport/policy";
import type { FindingSeverity } from "../findings/kinds/index.ts";
import type { Report } from "./report.ts";

const commands: Readonly<Record<FindingSeverity, string>> = {
  error: "error",
  warning: "warning",
  info: "notice",
};

/**
 * The findings as annotations of GitHub Actions, one a line (docs.github.com, "Workflow commands").
 *
 * @param pathOf how a workflow names a file: from the root of the repository on
 */
export function githubLines({ findings }: Report, pathOf: (fileName: Bytes) => string): string[] {
  return findings.map(({ id, severity, message, detail, hint, place }) => {
    const where = place
      ? `file=${property(pathOf(place.fileName))},line=${place.lineNumber},col=${place.column},endColumn=${place.endColumn},`
      : "";
    const text = [message, detail, hint].filter((part) => part !== null).join("\n");
    return `::${commands[severity]} ${where}title=${property(id)}::${data(text)}`;
  });
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
