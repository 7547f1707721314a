import type { Bytes } from "@sallyport/policy";
import type { Parsed, Unit } from "./setting.ts";

/** A unit that people may write, as a multiple of the smallest one of its kind. */
type Scale = readonly (readonly [name: string, size: number])[];

/** From large to small; memory units are case-sensitive, like all of them. */
const timeUnits: Scale = [
  ["d", 86_400_000_000],
  ["h", 3_600_000_000],
  ["min", 60_000_000],
  ["s", 1_000_000],
  ["ms", 1_000],
  ["us", 1],
];
const memoryUnits: Scale = [
  ["TB", 2 ** 40],
  ["GB", 2 ** 30],
  ["MB", 2 ** 20],
  ["kB", 2 ** 10],
  ["B", 1],
];

const timeHint = 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".';
const memoryHint = 'Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".';

const integer = /^[ \t\n\v\f\r]*[-+]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/;
const real = /^[ \t\n\v\f\r]*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?/;

/** An integer as the server reads it: decimal, `0x` hexadecimal or `0` octal; a fraction and a unit are rounded. */
export function parseInteger(text: Bytes, unit: Unit | undefined): Parsed<number> {
  const number = leadingNumber(text);
  if (number === null) return {};
  const rest = trimBlanks(text.slice(number.end));
  let value: number | null = number.value;
  if (rest !== "") {
    if (unit === undefined) return {};
    const isTime = timeUnits.some(([name]) => name === unit);
    value = toUnit(value, rest, unit, isTime ? timeUnits : memoryUnits);
    if (value === null) return { hint: isTime ? timeHint : memoryHint };
  }
  const rounded = roundHalfToEven(value);
  if (Math.abs(rounded + 0.5) > 2 ** 31) return { hint: "Value exceeds integer range." };
  return { value: rounded === 0 ? 0 : rounded };
}

/** Like `strtol` with base 0, and `strtod` where that stops at a point or an exponent. */
function leadingNumber(text: Bytes): { readonly value: number; readonly end: number } | null {
  const whole = integer.exec(text)?.[0];
  const next = whole === undefined ? "." : text.charAt(whole.length);
  const hexadecimal = whole !== undefined && /x/i.test(whole);
  if (hexadecimal && (next === "." || next === "p" || next === "P")) return null; // a hexadecimal fraction
  if (!hexadecimal && (next === "." || next === "e" || next === "E")) {
    const fraction = real.exec(text)?.[0];
    return fraction === undefined ? null : { value: Number(fraction), end: fraction.length };
  }
  if (whole === undefined) return null;
  const digits = whole.trim().replace(/^[-+]/, "");
  const octal = /^0[0-7]+$/.test(digits);
  const magnitude = octal ? Number.parseInt(digits, 8) : Number(digits);
  return { value: whole.includes("-") ? -magnitude : magnitude, end: whole.length };
}

/** A fraction of a unit is first rounded to a multiple of the next smaller unit: `30.1GB` is a whole number of MB. */
function toUnit(value: number, name: string, base: Unit, scale: Scale): number | null {
  const at = scale.findIndex(([unit]) => unit === name);
  const size = scale[at]?.[1];
  const baseSize = scale.find(([unit]) => unit === base)?.[1];
  if (size === undefined || baseSize === undefined) return null;
  const converted = (value * size) / baseSize;
  const smaller = scale[at + 1]?.[1];
  if (smaller === undefined) return converted;
  const step = smaller / baseSize;
  return roundHalfToEven(converted / step) * step;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const above = value - floor;
  if (above !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function trimBlanks(text: Bytes): Bytes {
  return text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "");
}
