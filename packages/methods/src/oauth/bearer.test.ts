import { expect, test } from "vitest";
import { readBearer } from "./bearer.ts";

const wrongFormat = "Bearer token is not in the correct format.";
const wrongScheme = "Client response indicated a non-Bearer authentication scheme.";
const empty = "Bearer token is empty.";

test.for([
  ["Bearer abc", { kind: "token", token: "abc" }],
  ["bEARER   abc", { kind: "token", token: "abc" }],
  ["Bearer A-Z.a_z~0+9/==", { kind: "token", token: "A-Z.a_z~0+9/==" }],
  ["Bearer ===", { kind: "token", token: "===" }],
  ["", { kind: "discovery" }],
  ["Bearer", { kind: "malformed", detail: wrongScheme }],
  ["Basic abc", { kind: "malformed", detail: wrongScheme }],
  [" Bearer abc", { kind: "malformed", detail: wrongScheme }],
  ["Bearer\tabc", { kind: "malformed", detail: wrongScheme }],
  ["Bearer ", { kind: "malformed", detail: empty }],
  ["Bearer    ", { kind: "malformed", detail: empty }],
  ["Bearer a=b", { kind: "malformed", detail: wrongFormat }],
  ["Bearer a b", { kind: "malformed", detail: wrongFormat }],
  ["Bearer abc ", { kind: "malformed", detail: wrongFormat }],
  ["Bearer abc\n", { kind: "malformed", detail: wrongFormat }],
  ["Bearer ****", { kind: "malformed", detail: wrongFormat }],
] as const)("%j", ([auth, bearer]) => {
  expect(readBearer(auth)).toEqual(bearer);
});
