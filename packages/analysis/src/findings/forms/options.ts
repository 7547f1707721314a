import type { Bytes } from "@sallyport/policy";
import type { RuleFinder } from "../source.ts";

const switches: ReadonlySet<Bytes> = new Set([
  "include_realm",
  "compat_realm",
  "upn_username",
  "pam_use_hostname",
  "ldaptls",
  "delegate_ident_mapping",
]);

/** Values that switch off, and seem to. */
const off = /^(?:0|no?|off|f(?:alse)?)$/i;

/** Switches that are off though they seem on, and options that a later one undoes. */
export const findOptions: RuleFinder = ({ columns: { options } }, say) => {
  if (options.length === 0) return;
  const seen = new Set<Bytes>();
  for (const token of options) {
    const equals = token.text.indexOf("=");
    const [name, value] = [token.text.slice(0, equals), token.text.slice(equals + 1)];
    if (switches.has(name) && value !== "1" && !off.test(value)) {
      say("boolean-not-one", token, `${name} is off: only the value 1 switches it on`, {
        hint: `Write ${name}=1, or ${name}=0.`,
      });
    }
    // Those of a validator may be repeated: it gets them all.
    if (seen.has(name) && !name.startsWith("validator.")) {
      say("option-repeated", token, `${name} is given again: only this one counts`);
    }
    seen.add(name);
  }
};
