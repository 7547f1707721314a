import type { Bytes } from "../bytes.ts";
import type { Asker } from "../disk.ts";
import { configFileError } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { ServerProfile } from "../profile.ts";
import type { ReadRegex } from "../regex/index.ts";
import { wholeLine } from "../text/line.ts";
import type { Line, Span } from "../text/line.ts";
import type { Field, Token } from "../text/token.ts";
import { listSpan, parseAddress } from "./address.ts";
import { findMethod } from "./method.ts";
import type { Method } from "./method.ts";
import { isMistake, mistake, problemOf } from "../mistake.ts";
import type { Mistake } from "../mistake.ts";
import { parseDatabases, parseUsers } from "./names.ts";
import { parseOptions } from "./options/parse.ts";
import type { ConnectionType, HbaRule } from "./rule.ts";

/** A rule as its line gives it; its number depends on the lines before. */
export type UnnumberedRule = Omit<HbaRule, "ruleNumber" | "fileName" | "lineNumber">;

/** What one line came to. */
export interface ParsedLine {
  readonly rule: UnnumberedRule | null;
  /** The view's error column: of a mistake, or of a warning with which the line still is a rule. */
  readonly error: Bytes | null;
  readonly problems: readonly Problem[];
}

/** What the reading of a line depends on besides its text. */
export interface ParseContext {
  readonly profile: ServerProfile;
  readonly asker: Asker;
  readonly readRegex: ReadRegex;
}

/** Reads one line in PostgreSQL's order: type, databases, users, address, mask, method, options. */
export function parseLine(line: Line, fields: readonly Field[], context: ParseContext): ParsedLine {
  const notes = new Notes(line);
  const rule = parseRecord(line, fields, context, notes);
  if (!isMistake(rule)) return { rule, error: notes.shown, problems: notes.problems };
  // A mistake that is only logged leaves the text of an earlier warning standing in the view.
  const error = rule.shown ?? notes.shown;
  return { rule: null, error, problems: [...notes.problems, problemOf(rule, line)] };
}

/** The warnings of a line. */
class Notes {
  readonly problems: Problem[] = [];
  /** The latest warning that the view shows. */
  shown: Bytes | null = null;
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
  }

  warn(span: Span, text: Bytes, hint: Bytes | null = null): void {
    this.shown = text;
    this.log(span, text, hint);
  }

  log(span: Span, text: Bytes, hint: Bytes | null = null): void {
    const problem: Problem = {
      severity: "warning",
      text,
      sqlstate: configFileError,
      span,
      context: [this.#line],
    };
    this.problems.push(hint === null ? problem : { ...problem, hint });
  }
}

function parseRecord(
  line: Line,
  fields: readonly Field[],
  context: ParseContext,
  notes: Notes,
): UnnumberedRule | Mistake {
  const whole = wholeLine(line);
  const [typeField, databaseField, userField] = fields;
  const type = parseType(typeField, whole, context.profile, notes);
  if (isMistake(type)) return type;

  if (!databaseField) return mistake(whole, "end-of-line before database specification");
  const databases = parseDatabases(databaseField, context.readRegex);
  if (isMistake(databases)) return databases;

  if (!userField) return mistake(whole, "end-of-line before role specification");
  const users = parseUsers(userField, context.readRegex);
  if (isMistake(users)) return users;

  const address = type.word === "local" ? null : parseAddress([fields[3], fields[4]], whole, context.asker);
  if (isMistake(address)) return address;

  const methodAt = address === null ? 3 : address.mask === null ? 4 : 5;
  const method = parseMethod(fields[methodAt], type.word, whole, context.profile);
  if (isMistake(method)) return method;

  const optionTokens = fields.slice(methodAt + 1).flat();
  const options = parseOptions(optionTokens, {
    line: whole,
    type: type.word,
    method: method.word,
    ...context,
    warn: (span, text) => notes.log(span, text),
  });
  if (isMistake(options)) return options;
  // Looking for the validator clears what was to be shown, as in the server.
  if (method.word === "oauth") notes.shown = null;

  return {
    line,
    type: type.word,
    databases,
    users,
    address: address?.pattern ?? null,
    method: method.word,
    options,
    columns: {
      type: type.token,
      database: databaseField,
      user: userField,
      address: address?.address ?? null,
      mask: address?.mask ?? null,
      method: method.token,
      options: optionTokens,
    },
  };
}

function parseType(
  field: Field | undefined,
  line: Span,
  { features, settings, dialect }: ServerProfile,
  notes: Notes,
): { readonly word: ConnectionType; readonly token: Token } | Mistake {
  const token = field?.[0];
  if (!field || !token) return mistake(line, 'invalid connection type ""');
  if (field.length > 1) {
    const hint = "Specify exactly one connection type per line.";
    return mistake(listSpan(token, field), "multiple values specified for connection type", { hint });
  }
  const word = dialect.connectionTypes.find((type) => type === token.text);
  if (word === undefined) return mistake(token, `invalid connection type "${token.text}"`);
  const cannotMatch = `${word} record cannot match because`;
  if (word === "hostssl" && !features.has("ssl")) {
    notes.warn(token, `${cannotMatch} SSL is not supported by this build`);
  } else if (word === "hostssl" && !settings.ssl) {
    notes.warn(token, `${cannotMatch} SSL is disabled`, dialect.sslOffHint);
  } else if (word === "hostgssenc" && !features.has("gssapi")) {
    notes.warn(token, `${cannotMatch} GSSAPI is not supported by this build`, dialect.noGssHint);
  }
  return { word, token };
}

/** For releases that let GSSAPI encryption go with no other method. */
const gssencMethods: ReadonlySet<Method> = new Set(["gss", "trust", "reject"]);

function parseMethod(
  field: Field | undefined,
  type: ConnectionType,
  line: Span,
  profile: ServerProfile,
): { readonly word: Method; readonly token: Token } | Mistake {
  const token = field?.[0];
  if (!field || !token) return mistake(line, "end-of-line before authentication method");
  if (field.length > 1) {
    const hint = "Specify exactly one authentication type per line.";
    return mistake(listSpan(token, field), "multiple values specified for authentication type", { hint });
  }
  const found = findMethod(token.text, profile);
  if (found === null) return mistake(token, `invalid authentication method "${token.text}"`);
  if (!found.built) {
    return mistake(token, `invalid authentication method "${token.text}": not supported by this build`);
  }
  const { dialect, settings } = profile;
  if (found.method === "md5" && dialect.userNamespaces && settings.db_user_namespace) {
    return mistake(token, 'MD5 authentication is not supported when "db_user_namespace" is enabled');
  }
  const local = type === "local";
  const word = local && found.method === "ident" ? "peer" : found.method;
  if (local && word === "gss")
    return mistake(token, "gssapi authentication is not supported on local sockets");
  if (type === "hostgssenc" && dialect.gssencNeedsGss && !gssencMethods.has(word)) {
    return mistake(token, "GSSAPI encryption only supports gss, trust, or reject authentication");
  }
  if (!local && word === "peer")
    return mistake(token, "peer authentication is only supported on local sockets");
  if (type !== "hostssl" && word === "cert") {
    return mistake(token, "cert authentication is only supported on hostssl connections");
  }
  return { word, token };
}
