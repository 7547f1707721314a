import type { Line, Token } from "@sallyport/policy";

/**
 * Are two readings the same but for where their words stand in a line? Tokens are compared as they are written and as they are read,
 * lines by file and number, all else key by key; what is a function (compiled of what is none) is not looked at.
 */
export function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (!isObject(left) || !isObject(right)) return typeof left === "function" && typeof right === "function";
  if (isToken(left)) return isToken(right) && isSameToken(left, right);
  if (isLine(left)) return isLine(right) && left.file === right.file && left.number === right.number;
  const keys = Object.keys(left);
  return (
    Array.isArray(left) === Array.isArray(right) &&
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key]))
  );
}

function isSameToken(left: Token, right: Token): boolean {
  return (
    left.text === right.text &&
    left.quoted === right.quoted &&
    left.line.file === right.line.file &&
    left.line.text.slice(left.start, left.end) === right.line.text.slice(right.start, right.end)
  );
}

type Part = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Part {
  return typeof value === "object" && value !== null;
}

function isToken(value: Part): value is Part & Token {
  return "quoted" in value && "line" in value;
}

function isLine(value: Part): value is Part & Line {
  return "joins" in value;
}
