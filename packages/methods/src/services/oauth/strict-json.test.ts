import { expect, test } from "vitest";
import { parseStrictObject } from "./strict-json.ts";

const parse = (text: string) => parseStrictObject(Buffer.from(text));

test.for([
  "{}",
  '{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}',
  '{"a":"\\"a\\":1","b":"{","c":"a,\\"b\\":"}',
  '{"a" : ["a","a"] , "b":"a"}',
  '{"":0,"__proto__":1,"\\u00e4":"ä"}',
])("is an object: %s", (text) => {
  expect(parse(text)).toEqual(JSON.parse(text));
});

test.for([
  "",
  "[]",
  "null",
  '"a"',
  "{",
  '{"a":1,}',
  '{"a":1}{"a":1}',
  '{"sub":"app","sub":"eve"}',
  '{"sub":"app","\\u0073ub":"eve"}',
  '{"sub":"app" , "iss":{"x":[]},"sub" :"eve"}',
  '{"a":{"b":1,"b":2}}',
  '{"a":[{"b":1,"b":2}]}',
  `${'{"a":'.repeat(17)}1${"}".repeat(17)}`,
  `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`,
  "\ufeff{}",
])("is none, or none to be believed: %s", (text) => {
  expect(parse(text)).toBeNull();
});

test("bytes that are no UTF-8 are no JSON: two of them would be one text", () => {
  expect(parseStrictObject(Buffer.from('{"sub":"\xff"}', "latin1"))).toBeNull();
});

test("names that are like others to a JavaScript object are none of its own", () => {
  expect(parse('{"__proto__":{"active":true}}')?.["active"]).toBeUndefined();
});
