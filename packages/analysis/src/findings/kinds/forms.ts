import type { FindingKind } from "./kind.ts";

/** Forms that do not mean what they seem to. */
export type FormFindingId =
  | "regex-unanchored"
  | "regex-dot"
  | "quoted-keyword"
  | "keyword-case"
  | "keyword-misplaced"
  | "name-never-matches"
  | "literal-before-16"
  | "odd-character"
  | "address-spelling"
  | "host-bits"
  | "mask-gaps"
  | "ipv4-mapped"
  | "address-is-name"
  | "boolean-not-one"
  | "option-repeated"
  | "stray-comma"
  | "hash-in-word"
  | "quote-open"
  | "extra-columns";

export const formKinds: Readonly<Record<FormFindingId, FindingKind>> = {
  "regex-unanchored": {
    severity: "warning",
    what: "A regular expression is held to neither end of the name, so that any name with a part that fits will do. Of system users in `pg_ident.conf`: to one end only. Not reported on `reject` lines.",
    toDo: "Write `/^...$`. Where any part is meant, say so: `/.*part.*`.",
  },
  "regex-dot": {
    severity: "info",
    what: "In the regular expression of a system user a full stop between words, as in a domain, stands for any character: `@example.org` fits `@exampleXorg`.",
    toDo: "Write `\\.`.",
  },
  "quoted-keyword": {
    severity: "warning",
    what: 'Quotes took the meaning from a keyword: `"all"` is a database, role or host of that name, `"+staff"` a role whose name begins with a plus. Not reported if the role catalogue has such a name.',
    toDo: "Take the quotes away, or leave it if the name is meant.",
  },
  "keyword-case": {
    severity: "warning",
    what: "`ALL`, `SameUser` and the like are names: keywords are lower case. Not reported if the role catalogue has such a name.",
    toDo: "Write the keyword in lower case, or put the name into quotes.",
  },
  "keyword-misplaced": {
    severity: "warning",
    what: "A word that is a keyword in another column is a name here: `sameuser` among the users, `+staff` among the databases, `all` as a system user.",
    toDo: "Use a keyword of this column, or put the name into quotes.",
  },
  "name-never-matches": {
    severity: "warning",
    what: "A name that no client ever has: it is empty, or longer than 63 bytes, to which PostgreSQL cuts what clients send.",
    toDo: "Write the name as the server has it: its first 63 bytes.",
  },
  "literal-before-16": {
    severity: "warning",
    what: "Up to PostgreSQL 15 this is a name: `/...` among databases and users, and `/...`, `+role` and `all` as the database user of `pg_ident.conf`.",
    toDo: "Name them one by one, or use PostgreSQL 16.",
  },
  "odd-character": {
    severity: "warning",
    what: "A word holds a character that only seems to be a blank or a quote: a no-break space, a typographic or a single quote. It is part of the name.",
    toDo: "Write blanks and double quotes.",
  },
  "address-spelling": {
    severity: "warning",
    what: "An address or mask is written in one of the old forms: `010.0.0.1` is 8.0.0.1, since a part with a leading zero is octal; `10.1` is 10.0.0.1.",
    toDo: "Write four decimal numbers without leading zeros.",
  },
  "host-bits": {
    severity: "warning",
    what: "The address has bits behind its prefix or mask, which do not count: `10.1.2.3/8` is all of 10.0.0.0/8.",
    toDo: "Write the network, or `/32` (`/128`) if one host is meant.",
  },
  "mask-gaps": {
    severity: "warning",
    what: "The mask is no prefix: `10.0.0.0 24` has the mask 0.0.0.24, which fits addresses all over the world.",
    toDo: "Write `10.0.0.0/24`, or the mask 255.255.255.0.",
  },
  "ipv4-mapped": {
    severity: "warning",
    what: "`::ffff:10.0.0.0/104` and the like fit nobody: clients that come over IPv4 have an IPv4 address.",
    toDo: "Write the IPv4 address.",
  },
  "address-is-name": {
    severity: "warning",
    what: "What stands for an address is read as a host name, and can hardly be one: `300.1.1.1`, `10.0.0.*`, an empty word. It never matches.",
    toDo: "Correct the address.",
  },
  "boolean-not-one": {
    severity: "warning",
    what: "A switch is on if its value is `1`; every other value switches it off, `yes`, `true` and `on` among them. Not reported of `0`, `no`, `off` and `false`.",
    toDo: "Write `1`, or `0`.",
  },
  "option-repeated": {
    severity: "warning",
    what: "An option is given twice on a line: the last one counts.",
    toDo: "Remove one of them.",
  },
  "stray-comma": {
    severity: "warning",
    what: "A comma that joins nothing, behind a blank or another comma: what follows is a column of its own. Of lines that cannot be read also a comma that pulls the next column into its own.",
    toDo: "Write lists without blanks: `a,b`.",
  },
  "hash-in-word": {
    severity: "warning",
    what: "A `#` in the middle of a word begins a comment: the rest of the word, and of the line, is gone.",
    toDo: "Put the word into quotes; or, before a comment, write a blank.",
  },
  "quote-open": {
    severity: "warning",
    what: "A quote is never closed: it takes all the rest of the line, which PostgreSQL does not call a mistake.",
    toDo: "Close it.",
  },
  "extra-columns": {
    severity: "warning",
    what: "A line of `pg_ident.conf` has more than three columns: what follows the third is ignored.",
    toDo: "Remove it; or, if a name has blanks, put it into quotes.",
  },
};
