import type { Bytes, Place } from "@sallyport/policy";
import type { FindingKind, FindingSeverity } from "../findings/kinds/index.ts";
import type { Report, ReportedFinding, ReportKinds } from "./report.ts";

export interface SarifOptions {
  /** Of the program. */
  readonly version: string;
  /** A file as a URI: from the root of the repository on, or `file:`. */
  readonly uriOf: (fileName: Bytes) => string;
  /** Where the page about an id is. */
  readonly helpUriOf?: (id: string) => string;
  readonly kinds: ReportKinds;
}

type Json = Readonly<Record<string, unknown>>;

const levels: Readonly<Record<FindingSeverity, string>> = {
  error: "error",
  warning: "warning",
  info: "note",
};

/** The report in the Static Analysis Results Interchange Format, 2.1.0 (OASIS). Columns count characters, as everywhere here. */
export function sarifLog({ findings, ignored, notChecked, notTold }: Report, options: SarifOptions): Json {
  const { kinds, version } = options;
  const ids = Object.keys(kinds);
  const indexes = new Map(ids.map((id, index) => [id, index]));
  const resultOf = (finding: ReportedFinding): Json => sarifResult(finding, indexes.get(finding.id), options);
  const results = [
    ...findings.map((finding) => ({ ...resultOf(finding), suppressions: [] })),
    ...ignored.map(({ finding, reason, place }) => ({
      ...resultOf(finding),
      suppressions: [
        {
          kind: "inSource",
          status: "accepted",
          justification: reason,
          location: location(place, options),
        },
      ],
    })),
  ];
  const driver = {
    name: "sallyport",
    version,
    rules: Object.entries(kinds).map(([id, kind]) => sarifRule(id, kind, options)),
  };
  const notes = [
    ...notChecked.map((text) => `not checked: ${text}`),
    ...notTold.map((text) => `not told: ${text}`),
  ].map((text) => ({ level: "note", message: { text } }));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver },
        columnKind: "unicodeCodePoints",
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: notes }],
        results,
      },
    ],
  };
}

function sarifRule(
  id: string,
  { severity, what, toDo, references = [] }: FindingKind,
  { helpUriOf }: SarifOptions,
): Json {
  const more = references.map((reference) => `- ${reference}`);
  const [first = what] = /^.*?[.:](?=\s|$)/s.exec(what) ?? [];
  return {
    id,
    shortDescription: { text: plain(first).replace(/:$/, ".") },
    fullDescription: { text: plain(what) },
    help: {
      text: [plain(what), plain(toDo), ...more].join("\n"),
      markdown: [`${what}\n`, `${toDo}\n`, ...more].join("\n"),
    },
    ...(helpUriOf && { helpUri: helpUriOf(id) }),
    defaultConfiguration: { level: levels[severity] },
    properties: { tags: ["security", "postgresql", "authentication"] },
  };
}

/** Without what Markdown adds to words: code marks, and the targets of links. */
function plain(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
}

function sarifResult(
  { id, severity, message, detail, hint, place, fix, coveredBy = [] }: ReportedFinding,
  ruleIndex: number | undefined,
  options: SarifOptions,
): Json {
  const text = [message, detail, hint].filter((part) => part !== null).join("\n");
  return {
    ruleId: id,
    ...(ruleIndex !== undefined && { ruleIndex }),
    level: levels[severity],
    message: { text },
    ...(place && { locations: [location(place, options)] }),
    ...(coveredBy.length > 0 && { relatedLocations: coveredBy.map((one) => location(one, options)) }),
    ...(fix && {
      fixes: [
        {
          description: { text: fix.text === "" ? "Remove it." : `Write ${fix.text}.` },
          artifactChanges: [
            {
              artifactLocation: { uri: options.uriOf(fix.place.fileName) },
              replacements: [{ deletedRegion: region(fix.place), insertedContent: { text: fix.text } }],
            },
          ],
        },
      ],
    }),
  };
}

function location(place: Place, { uriOf }: SarifOptions): Json {
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(place.fileName) }, region: region(place) },
  };
}

function region({ lineNumber, column, endColumn }: Place): Json {
  return { startLine: lineNumber, startColumn: column, endColumn: Math.max(endColumn, column) };
}
