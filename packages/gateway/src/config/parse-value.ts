import type { Bytes } from "@sallyport/policy";
import { asciiLower } from "@sallyport/policy";
import { parseInteger } from "./number.ts";
import type { AnySetting, EnumSetting, IntegerSetting, ValueError } from "./setting.ts";

/** A value of any setting; integers are in the unit of their row. */
export type SettingValue = boolean | number | Bytes | readonly Bytes[];

/** Reads the value of one setting as the server does, in its words if it is refused. */
export function parseValue(
  name: string,
  setting: AnySetting,
  text: Bytes,
): { readonly value: SettingValue } | ValueError {
  const parsed = readType(name, setting, text);
  if ("message" in parsed) return parsed;
  const refusal = refusalOf(setting, parsed.value);
  return refusal ? { message: invalid(name, setting, text), ...refusal } : parsed;
}

function readType(
  name: string,
  setting: AnySetting,
  text: Bytes,
): { readonly value: SettingValue } | ValueError {
  switch (setting.type) {
    case "bool": {
      const value = parseBool(text);
      return value === null ? { message: `parameter "${name}" requires a Boolean value` } : { value };
    }
    case "integer": {
      const parsed = parseInteger(text, setting.unit);
      if (!("value" in parsed)) return { message: invalid(name, setting, text), ...parsed };
      return inRange(parsed.value, setting) ? parsed : { message: outside(name, setting, parsed.value) };
    }
    case "enum": {
      const value = parseEnum(text, setting);
      if (value !== null) return { value };
      return {
        message: invalid(name, setting, text),
        hint: `Available values: ${setting.values.join(", ")}.`,
      };
    }
    case "list": {
      const parsed = setting.read(text);
      return "value" in parsed ? parsed : { message: invalid(name, setting, text), ...parsed };
    }
    case "string":
      return { value: text };
  }
}

/** Beginnings of true, false, yes and no, `on`, `off` from two letters on, and 1, 0; without regard to case. */
function parseBool(text: Bytes): boolean | null {
  const word = asciiLower(text);
  if (word === "") return null;
  if ("true".startsWith(word) || "yes".startsWith(word) || word === "on" || word === "1") return true;
  if ("false".startsWith(word) || "no".startsWith(word) || word === "0") return false;
  return word === "of" || word === "off" ? false : null;
}

function parseEnum(text: Bytes, { values, aliases = {} }: EnumSetting<string>): string | null {
  const word = asciiLower(text);
  const value = values.find((each) => asciiLower(each) === word);
  if (value !== undefined) return value;
  return Object.hasOwn(aliases, word) ? (aliases[word] ?? null) : null;
}

function inRange(value: number, { min, max }: IntegerSetting): boolean {
  return value >= min && value <= max;
}

function outside(name: string, { unit, min, max }: IntegerSetting, value: number): Bytes {
  const show = (number: number) => (unit === undefined ? `${number}` : `${number} ${unit}`);
  return `${show(value)} is outside the valid range for parameter "${name}" (${show(min)} .. ${show(max)})`;
}

function invalid(name: string, setting: AnySetting, text: Bytes): Bytes {
  return `invalid value for parameter "${name}"${setting.secret ? "" : `: "${text}"`}`;
}

/** The row's own check; the switch only tells the compiler that value and row belong together. */
function refusalOf(setting: AnySetting, value: SettingValue): Omit<ValueError, "message"> | null {
  if (setting.type === "bool" && typeof value === "boolean") return setting.check?.(value) ?? null;
  if (setting.type === "integer" && typeof value === "number") return setting.check?.(value) ?? null;
  if (setting.type === "list" && Array.isArray(value)) return setting.check?.(value) ?? null;
  if (typeof value !== "string") return null;
  return setting.type === "string" || setting.type === "enum" ? (setting.check?.(value) ?? null) : null;
}
