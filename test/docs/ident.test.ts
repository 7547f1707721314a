import { expect, test } from "vitest";
import { canListen } from "../../packages/gateway/test/methods/ident-port.ts";
import { typePage } from "./typed-page.ts";

test.skipIf(!canListen)(
  "the five minutes of docs/methods/ident.md go as it says, typed one after another",
  async () => {
    const { blocks, log, status, stderr } = await typePage("docs/methods/ident.md");
    expect([stderr, status]).toEqual(["", 0]);
    for (const { printed, expected } of blocks) expect(printed).toMatch(expected);
    expect(log).toContain('identity="nobody" method=ident');
  },
  150_000,
);
