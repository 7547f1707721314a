import { describe, expect, test } from "vitest";
import { WireError } from "@sallyport/wire";
import { lookUpFailure } from "./look-up-failure.ts";
import { systemNames } from "./name-service.ts";
import type { NameAnswer, NameService } from "./name-service.ts";
import { Resolver } from "./resolver.ts";
import type { Asker } from "./resolver.ts";

/** A name service that answers when it is told to, and notes what it was asked. */
class Names implements NameService {
  readonly asked: string[] = [];
  readonly #open = new Map<string, PromiseWithResolvers<NameAnswer>>();

  readonly nameOf = async (address: string): Promise<NameAnswer> => {
    this.asked.push(address);
    const question = Promise.withResolvers<NameAnswer>();
    this.#open.set(address, question);
    return await question.promise;
  };

  readonly addressesOf: NameService["addressesOf"] = async (name) => {
    this.asked.push(name);
    return await Promise.resolve({ addresses: [] });
  };

  answer(address: string, name: string): void {
    this.#open.get(address)?.resolve({ name });
  }
}

function asker(source = "", signal: AbortSignal = new AbortController().signal): Asker {
  return { source, signal };
}

/** Until all that can go on by itself has done so. */
async function settled(): Promise<void> {
  await new Promise(setImmediate);
}

const limits = { atATime: 2, milliseconds: 60_000 };

test("no more are asked at a time than the limit says, and the sources take turns", async () => {
  const names = new Names();
  const resolver = new Resolver(names, limits);
  const answers = ["a1", "a2", "a3", "a4", "b1"].map(
    async (address) => await resolver.nameOf(address, asker(address.slice(0, 1))),
  );
  await settled();
  expect(names.asked).toEqual(["a1", "a2"]);
  names.answer("a1", "one");
  expect(await answers[0]).toEqual({ name: "one" });
  await settled();
  expect(names.asked).toEqual(["a1", "a2", "a3"]);
  names.answer("a2", "two");
  await settled();
  expect(names.asked).toEqual(["a1", "a2", "a3", "b1"]);
});

test("what is asked twice at once is looked up once, and nothing is kept", async () => {
  const names = new Names();
  const resolver = new Resolver(names, limits);
  const both = [resolver.nameOf("a", asker("x")), resolver.nameOf("a", asker("y"))];
  await settled();
  names.answer("a", "one");
  expect(await Promise.all(both)).toEqual([{ name: "one" }, { name: "one" }]);
  const later = resolver.nameOf("a", asker());
  await settled();
  names.answer("a", "two");
  expect(await later).toEqual({ name: "two" });
  expect(names.asked).toEqual(["a", "a"]);
  await resolver.addressesOf("a", asker());
  await resolver.addressesOf("a", asker());
  expect(names.asked).toEqual(["a", "a", "a", "a"]);
});

test("a name that could break a line of the log is none", async () => {
  const names = new Names();
  const answer = new Resolver(names, limits).nameOf("a", asker());
  await settled();
  names.answer("a", "db.example.com\nLOG:  connection authorized");
  expect(await answer).toEqual({ failure: { code: "EAI_NONAME", words: "Name or service not known" } });
});

describe("whoever leaves", () => {
  test("ends his own wait, and nobody else's", async () => {
    const names = new Names();
    const resolver = new Resolver(names, limits);
    const left = new AbortController();
    const first = resolver.nameOf("a", asker("", left.signal));
    const second = resolver.nameOf("a", asker());
    await settled();
    left.abort(new WireError("peer_closed", "gone"));
    await expect(first).rejects.toMatchObject({ code: "peer_closed" });
    names.answer("a", "one");
    expect(await second).toEqual({ name: "one" });
  });

  test("before his turn is not asked for", async () => {
    const names = new Names();
    const resolver = new Resolver(names, { ...limits, atATime: 1 });
    const left = new AbortController();
    const first = resolver.nameOf("a", asker());
    const second = resolver.nameOf("b", asker("", left.signal));
    const third = resolver.nameOf("c", asker());
    await settled();
    left.abort(new WireError("peer_closed", "gone"));
    await expect(second).rejects.toMatchObject({ code: "peer_closed" });
    names.answer("a", "one");
    await first;
    await settled();
    names.answer("c", "three");
    expect(await third).toEqual({ name: "three" });
    expect(names.asked).toEqual(["a", "c"]);
  });

  test("leaves a question that is being asked to those who come meanwhile", async () => {
    const names = new Names();
    const resolver = new Resolver(names, { ...limits, atATime: 1 });
    const left = new AbortController();
    const first = resolver.nameOf("a", asker("", left.signal));
    await settled();
    left.abort(new WireError("peer_closed", "gone"));
    await expect(first).rejects.toMatchObject({ code: "peer_closed" });
    const second = resolver.nameOf("a", asker());
    names.answer("a", "one");
    expect(await second).toEqual({ name: "one" });
    expect(names.asked).toEqual(["a"]);
  });
});

test("a question that takes too long has failed for the time being; the login may go on", async () => {
  const resolver = new Resolver(new Names(), { atATime: 1, milliseconds: 1 });
  const failure = { code: "EAI_AGAIN", words: "Temporary failure in name resolution" };
  expect(await resolver.nameOf("a", asker())).toEqual({ failure });
  // This one did not even have its turn.
  expect(await resolver.nameOf("b", asker())).toEqual({ failure });
});

describe("the system's resolver", () => {
  test("says why it has no name", async () => {
    expect(await systemNames.nameOf("no address")).toEqual({ failure: lookUpFailure("EAI_SYSTEM") });
  });

  test.each(["", "b\u00fccher.example", "a b", "a\u0000b"])("is not asked for %j", async (name) => {
    expect(await systemNames.addressesOf(name)).toEqual({ failure: lookUpFailure("EAI_NONAME") });
  });

  test("takes a number for an address", async () => {
    expect(await systemNames.addressesOf("127.0.0.2")).toEqual({ addresses: ["\u007f\u0000\u0000\u0002"] });
    expect(await systemNames.addressesOf("::1")).toEqual({ addresses: [`${"\0".repeat(15)}\u0001`] });
  });
});
