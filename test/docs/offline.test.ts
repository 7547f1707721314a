import { expect, test } from "vitest";
import { typeOffline } from "./offline-page.ts";

test.each(["docs/test.md", "docs/matrix.md", "docs/fmt.md", "docs/diff.md"])(
  "%s goes as it says, typed one after another",
  async (page) => {
    const { blocks, status, stderr } = await typeOffline(page);
    expect([stderr, status]).toEqual(["", 0]);
    expect(blocks.length).toBeGreaterThan(2);
    for (const { printed, expected } of blocks) expect(printed).toMatch(expected);
  },
  150_000,
);
