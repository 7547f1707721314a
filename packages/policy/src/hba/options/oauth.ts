import type { ServerProfile } from "../../profile.ts";
import type { Span } from "../../text/line.ts";
import { mistake } from "../../mistake.ts";
import type { Mistake } from "../../mistake.ts";
import { parseNameList } from "./guc-list.ts";
import type { OptionsDraft } from "./values.ts";

const setting = "oauth_validator_libraries";

/** What an oauth line must have. The only validator that the server may load needs no naming. */
export function checkOauth(draft: OptionsDraft, line: Span, profile: ServerProfile): Mistake | null {
  if (draft.oauthScope === undefined) return missing(line, "scope");
  if (draft.oauthIssuer === undefined) return missing(line, "issuer");

  const words = profile.dialect.oauthWords;
  const libraries = profile.settings.oauth_validator_libraries;
  if (libraries === "") return mistake(line, words.noLibraries);
  const permitted = parseNameList(libraries);
  if (permitted === null) return mistake(line, `invalid list syntax in parameter "${setting}"`);
  if (draft.oauthValidator === undefined) {
    const [only] = permitted;
    if (only === undefined || permitted.length > 1) {
      return mistake(line, words.severalLibraries);
    }
    draft.oauthValidator = only;
  } else if (!permitted.includes(draft.oauthValidator)) {
    const text = `validator "${draft.oauthValidator}" is not permitted by ${words.libraries}`;
    return mistake(line, text, { sqlstate: "22023" });
  }
  if (draft.map !== undefined && draft.oauthDelegateIdentMapping === true) {
    return mistake(line, "map cannot be used in combination with delegate_ident_mapping");
  }
  return null;
}

function missing(line: Span, name: string): Mistake {
  return mistake(line, `authentication method "oauth" requires argument "${name}" to be set`);
}
