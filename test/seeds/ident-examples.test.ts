import { describe, expect, test } from "vitest";
import { example201, example212 } from "./examples.ts";
import { identRows, load, verdict } from "./support.ts";

/** Who asks to be whom, from the network of the example. */
async function asks(systemUser: string, user: string): Promise<string> {
  const policy = await load({ "pg_hba.conf": example201.mapped, "pg_ident.conf": example212 });
  return verdict(policy, { user, systemUser, database: "any", address: "192.168.1.1" });
}

const [admitted, refused] = ["ident by line 1", "refused by line 1"];

describe("example 21.2", () => {
  test("all of its lines load and are shown as rows", async () => {
    expect(await identRows({ "pg_ident.conf": example212 })).toEqual([
      "omicron bryanh bryanh",
      "omicron ann ann",
      "omicron robert bob",
      "omicron bryanh guest1",
    ]);
  });

  test("who is neither bryanh nor ann nor robert gets no access", async () => {
    for (const user of ["eve", "bryanh", "ann", "bob", "guest1"])
      expect(await asks("eve", user)).toBe(refused);
  });

  test("robert may be bob, and neither robert nor anyone else", async () => {
    expect(await asks("robert", "bob")).toBe(admitted);
    for (const user of ["robert", "ann", "guest1"]) expect(await asks("robert", user)).toBe(refused);
  });

  test("ann may be ann only", async () => {
    expect(await asks("ann", "ann")).toBe(admitted);
    for (const user of ["bob", "bryanh", "guest1"]) expect(await asks("ann", user)).toBe(refused);
  });

  test("bryanh may be bryanh or guest1", async () => {
    expect(await asks("bryanh", "bryanh")).toBe(admitted);
    expect(await asks("bryanh", "guest1")).toBe(admitted);
    for (const user of ["bob", "ann"]) expect(await asks("bryanh", user)).toBe(refused);
  });
});
