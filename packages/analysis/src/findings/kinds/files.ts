import type { FindingKind } from "./kind.ts";

/** What only several lines together tell. */
export type WholeFindingId =
  | "unreachable-differs"
  | "unreachable-same"
  | "matches-nobody"
  | "reach-not-checked"
  | "one-family"
  | "replication-missed"
  | "map-missing"
  | "map-unused"
  | "mapping-repeated"
  | "mapping-reference"
  | "mapping-open"
  | "include-dir-skips"
  | "pgbouncer-skips"
  | "pgbouncer-differs"
  | "pgpool-refuses"
  | "pgpool-differs"
  | "ignore-refused"
  | "ignore-unused";

export const wholeKinds: Readonly<Record<WholeFindingId, FindingKind>> = {
  "unreachable-differs": {
    severity: "warning",
    what: "A line never decides, since lines before it decide about all that it matches, and at least one of them leads to something else: another method, other options, a refusal. Lines of which that depends on who is a member of what, or on host names, are not reported; with `--roles` membership is known.",
    toDo: "Put it before the lines that the message names, narrow these, or remove it.",
  },
  "unreachable-same": {
    severity: "info",
    what: "The same of a line that leads to what all of those lead to.",
    toDo: "Remove it, if it does not decide elsewhere: its file may be included twice.",
  },
  "matches-nobody": {
    severity: "warning",
    what: "No connection that there can be matches the line, as a regular expression that fits no name, or a group that has no members by the role catalogue.",
    toDo: "Correct it, or remove it.",
  },
  "reach-not-checked": {
    severity: "warning",
    what: "Whether the line, and so many others, ever decide was not found out: the file is such that it would take too long. Told once, at the first of them. That depends on the file alone, and not on the machine.",
    toDo: "Look at what has changed: nobody writes such a file by hand. Long lists in both columns, masks with holes and very many expressions make it so.",
  },
  "one-family": {
    severity: "info",
    what: "A line is for all of IPv4 (or the loopback 127.0.0.1), and none for the same databases and users is for IPv6; or the reverse.",
    toDo: "Add the line for the other family, or write `all`; nothing, if that is meant.",
  },
  "replication-missed": {
    severity: "info",
    what: "A line for a role that replicates, by its name or by the role catalogue, has the database `all`, which physical replication does not match; and no line has `replication`.",
    toDo: "Add a line with `replication` as the database.",
  },
  "map-missing": {
    severity: "info",
    what: "A rule names a map that `pg_ident.conf` has no line of: nobody can come in by that rule.",
    toDo: "Add a line with that map name, or correct the rule.",
  },
  "map-unused": {
    severity: "info",
    what: "No rule names this map.",
    toDo: "Remove its lines, or write `map=` into a rule.",
  },
  "mapping-repeated": {
    severity: "info",
    what: "A line of `pg_ident.conf` grants nothing that a line above does not.",
    toDo: "Remove it.",
  },
  "mapping-reference": {
    severity: "warning",
    what: "A `\\1` in `pg_ident.conf` that is not replaced as it seems: the system user is no regular expression, or has no group, in which case whoever the line fits is refused at once.",
    toDo: "Write a regular expression with one group: `/^(.*)@example\\.com$`.",
  },
  "mapping-open": {
    severity: "warning",
    what: "A line of `pg_ident.conf` lets every system user in as every role: its expression fits any name, or any of a realm, and the database user is `all` or an expression that does, too.",
    toDo: "Name one of them, or use `\\1`.",
  },
  "include-dir-skips": {
    severity: "info",
    what: "A directory of `include_dir` has files that are skipped because of their names: those that do not end in `.conf`. Hidden files are not reported.",
    toDo: "Name them `*.conf`, or nothing, if that is meant.",
  },
  "pgbouncer-skips": {
    severity: "warning",
    what: "With `--pooler pgbouncer`: PgBouncer 1.18 warns of the line, and goes on without it; if it rejects, that lets in.",
    toDo: "Give PgBouncer a file of its own, in the words that it knows.",
  },
  "pgbouncer-differs": {
    severity: "warning",
    what: "With `--pooler pgbouncer`: PgBouncer 1.18 takes for a name what is none to PostgreSQL, or the reverse.",
    toDo: "Give PgBouncer a file of its own.",
  },
  "pgpool-refuses": {
    severity: "warning",
    what: "With `--pooler pgpool`: Pgpool-II 4.3 does not read the line, and refuses the file.",
    toDo: "Give Pgpool-II a file of its own.",
  },
  "pgpool-differs": {
    severity: "warning",
    what: "With `--pooler pgpool`: Pgpool-II 4.3 reads the line otherwise: groups match nobody, regular expressions and `replication` are names.",
    toDo: "Give Pgpool-II a file of its own.",
  },
  "ignore-refused": {
    severity: "warning",
    what: "A comment `# sallyport: ...` is not understood, has no reason, or names what there is not, or what is an error. It ignores nothing.",
    toDo: "Write `# sallyport: ignore ID -- REASON`.",
  },
  "ignore-unused": {
    severity: "info",
    what: "A comment `# sallyport: ignore ...` names a finding that there is not in its place.",
    toDo: "Remove it.",
  },
};
