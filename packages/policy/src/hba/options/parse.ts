import type { Bytes } from "../../bytes.ts";
import type { Asker } from "../../disk.ts";
import type { ServerProfile } from "../../profile.ts";
import type { Span } from "../../text/line.ts";
import type { Token } from "../../text/token.ts";
import type { Method } from "../method.ts";
import { mistake } from "../../mistake.ts";
import type { Mistake } from "../../mistake.ts";
import type { ConnectionType } from "../rule.ts";
import { checkLdap, subtreeScope } from "./ldap.ts";
import { checkOauth } from "./oauth.ts";
import { checkRadius } from "./radius.ts";
import { findOption, methodList } from "./table.ts";
import type { HbaOptions, OptionsDraft } from "./values.ts";

interface OptionsContext {
  readonly profile: ServerProfile;
  readonly asker: Asker;
  readonly line: Span;
  readonly type: ConnectionType;
  readonly method: Method;
  readonly warn: (span: Span, message: Bytes) => void;
}

/** The `name=value` tokens behind the method, left to right, then what the method demands of them together. */
export function parseOptions(tokens: readonly Token[], context: OptionsContext): HbaOptions | Mistake {
  const { method, line, profile } = context;
  const draft = methodDefaults(method);
  for (const token of tokens) {
    const mistake = parseOption(token, draft, context);
    if (mistake) return mistake;
  }
  if (method === "cert") draft.clientcert = profile.dialect.certSets;
  const missing =
    method === "ldap"
      ? checkLdap(draft, line, profile.dialect)
      : method === "radius"
        ? checkRadius(draft, line, profile.dialect)
        : method === "oauth"
          ? checkOauth(draft, line, profile)
          : null;
  return missing ?? draft;
}

function methodDefaults(method: Method): OptionsDraft {
  if (method === "gss") return { includeRealm: true };
  if (method === "sspi") return { includeRealm: true, compatRealm: true, upnUsername: false };
  return {};
}

function parseOption(token: Token, draft: OptionsDraft, context: OptionsContext): Mistake | null {
  const { type, method, asker, warn } = context;
  const { dialect } = context.profile;
  const equals = token.text.indexOf("=");
  if (equals < 0) return mistake(token, `authentication option not in name=value format: ${token.text}`);
  const name = token.text.slice(0, equals);
  const entry = findOption(name, dialect);
  if (!entry) return unrecognized(token, name);

  if (method === "ldap") draft.ldapScope = subtreeScope;
  if (entry.on === "hostssl") {
    if (type !== "hostssl") return mistake(token, `${name} can only be configured for "hostssl" rows`);
  } else if (!entry.on.includes(method)) {
    const only = `is only valid for authentication methods ${methodList(entry.on, dialect)}`;
    return mistake(token, `authentication option "${name}" ${only}`);
  }
  const site = { method, token, asker, dialect, warn: (logged: Bytes) => warn(token, logged) };
  return entry.set(draft, token.text.slice(equals + 1), site);
}

function unrecognized(token: Token, name: Bytes): Mistake {
  return mistake(token, `unrecognized authentication option name: "${name}"`);
}
