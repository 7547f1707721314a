import { FatalError } from "@sallyport/wire";
import { describe, expect, test } from "vitest";
import { Slots } from "./slots.ts";

const anybody = { superuser: false, reserved: false };
const reserved = { superuser: false, reserved: true };
const superuser = { superuser: true, reserved: false };

const forSuperusers = "remaining connection slots are reserved for roles with the SUPERUSER attribute";
const forReserved =
  'remaining connection slots are reserved for roles with privileges of the "pg_use_reserved_connections" role';

/** Of six slots two are for superusers and one for those with the privilege; `taken` counts the claimant. */
function slots(taken: number): Slots {
  const all = new Slots({ max_connections: 6, superuser_reserved_connections: 2, reserved_connections: 1 });
  for (let n = 0; n < taken; n += 1) all.take();
  return all;
}

function said(act: () => void): string {
  try {
    act();
    return "in";
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

describe("the last slots", () => {
  test.each([
    [3, "in", "in", "in"],
    [4, `53300 ${forReserved}`, "in", "in"],
    [5, `53300 ${forSuperusers}`, `53300 ${forSuperusers}`, "in"],
    [6, `53300 ${forSuperusers}`, `53300 ${forSuperusers}`, "in"],
  ])("when %i are taken", (taken, others, withPrivilege, superusers) => {
    const all = slots(taken);
    expect(said(() => all.checkReserved(anybody))).toBe(others);
    expect(said(() => all.checkReserved(reserved))).toBe(withPrivilege);
    expect(said(() => all.checkReserved(superuser))).toBe(superusers);
  });

  test("beyond them is nothing for anybody", () => {
    expect(said(() => slots(6).take())).toBe("53300 sorry, too many clients already");
  });
});

test("a slot is left once, however often", () => {
  const all = slots(5);
  const slot = all.take();
  slot.leave();
  slot.leave();
  expect(all.taken).toBe(5);
});
