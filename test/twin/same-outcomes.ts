import type { Tree } from "@sallyport/testkit";
import { expect } from "vitest";
import { clientOf } from "./clients.ts";
import type { Client } from "./clients.ts";
import { compareAttempts, difference, newMemory, treeText } from "./compare.ts";
import type { Compared } from "./compare.ts";
import { outcomeOf } from "./outcomes.ts";
import type { Settings, Twins } from "./twins.ts";

export async function compareClients(
  twins: Twins,
  tree: Tree,
  clients: readonly Client[],
  settings?: Settings,
): Promise<readonly Compared[]> {
  const memory = newMemory(twins.salts);
  const attempts = clients.map(clientOf);
  return await twins.under(tree, async (pair) => await compareAttempts(pair, attempts, memory), settings);
}

/** What PostgreSQL makes of clients, once the gateway has been seen to make the same of them. */
export async function sameOutcomes(
  twins: Twins,
  tree: Tree,
  clients: readonly Client[],
  settings?: Settings,
): Promise<readonly string[]> {
  const compared = await compareClients(twins, tree, clients, settings);
  expect(compared.flatMap((one) => difference(one) ?? []).join("\n\n"), `under\n${treeText(tree)}`).toBe("");
  return compared.map(outcomeOf);
}
