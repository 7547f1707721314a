import { expect, test } from "vitest";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import { utf8Bytes } from "@sallyport/policy";
import type { HbaRule } from "@sallyport/policy";
import type { AddressesAnswer, NameService } from "../resolver/index.ts";
import { checkHostNames } from "./host-names.ts";

const unknown: AddressesAnswer = { failure: { code: "EAI_NONAME", words: "Name or service not known" } };

function resolver(addressesOf: NameService["addressesOf"]): NameService {
  return { addressesOf, nameOf: async () => await Promise.reject(new Error("nobody asks for names")) };
}

async function rules(text: string): Promise<readonly HbaRule[]> {
  const disk = emptyDisk();
  disk.files.set("/pg_hba.conf", { bytes: utf8Bytes(text) });
  return (await readPolicy({ hbaFile: "/pg_hba.conf", disk })).hba.rules;
}

const never = new AbortController().signal;

test("a name without an address is reported at each of its rules, and asked once", async () => {
  const asked: string[] = [];
  const names = resolver(async (name) => {
    asked.push(name);
    return await Promise.resolve(name === "known" ? { addresses: [] } : unknown);
  });
  const text =
    "host all all gone trust\nhost all all known trust\nhost a all gone trust\nhost all all .suffix trust\nlocal all all trust\n";
  const { findings, unanswered } = await checkHostNames(await rules(text), names, never);
  expect(asked.toSorted()).toEqual(["gone", "known"]);
  expect(unanswered).toBe(0);
  expect(findings.map(({ id, place, message }) => [id, place?.lineNumber, place?.column, message])).toEqual([
    [
      "host-name-unknown",
      1,
      14,
      'could not translate host name "gone" to address: Name or service not known',
    ],
    [
      "host-name-unknown",
      3,
      12,
      'could not translate host name "gone" to address: Name or service not known',
    ],
  ]);
});

test("a resolver that is silent holds nothing up beyond the time limit", async () => {
  const controller = new AbortController();
  const names = resolver(async (name) => {
    if (name === "quick") return await Promise.resolve(unknown);
    setImmediate(() => controller.abort());
    return await new Promise<never>(() => undefined);
  });
  const text = ["quick", "a", "b", "c", "d", "e"].map((name) => `host all all ${name} trust\n`).join("");
  const { findings, unanswered } = await checkHostNames(await rules(text), names, controller.signal);
  expect(findings).toHaveLength(1);
  expect(unanswered).toBe(5);
});
