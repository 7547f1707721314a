import { expect, test } from "vitest";
import { UndoList } from "./undo-list.ts";

function listOf(done: string[], ...steps: readonly (readonly [name: string, failure?: Error])[]): UndoList {
  const list = new UndoList();
  for (const [name, failure] of steps) {
    list.push(async () => {
      await Promise.resolve();
      done.push(name);
      if (failure) throw failure;
    });
  }
  return list;
}

test("the last is undone first, and each once", async () => {
  const done: string[] = [];
  const list = listOf(done, ["lock"], ["database"], ["doors"]);
  await Promise.all([list.undoAll(), list.undoAll()]);
  await list.undoAll();
  expect(done).toEqual(["doors", "database", "lock"]);
});

test("one that fails keeps no other from its turn, and the first failure is told", async () => {
  const done: string[] = [];
  const list = listOf(done, ["lock", new Error("lock")], ["database", new Error("database")], ["doors"]);
  await expect(list.undoAll()).rejects.toThrow("database");
  expect(done).toEqual(["doors", "database", "lock"]);
});
