import { expect, test } from "vitest";
import { ServiceBusy } from "@sallyport/methods";
import { ServiceQueues } from "./service-queues.ts";
import type { ServiceGuest } from "./service-queues.ts";

const never = new AbortController().signal;
const limits = { auth_service_limit: 2, auth_service_queue: 1 };
/** Somebody whose turn in the waiting room nobody looks at. */
function guest(source: string, signal: AbortSignal = never): ServiceGuest {
  return { source, signal, turn: { end: () => undefined, aside: async (work) => await work() } };
}

const service = 'LDAP server "l"';

/** Questions that are answered when the test says so. */
function questions(queues: ServiceQueues, signal: AbortSignal = never) {
  const begun: string[] = [];
  const answers = new Map<string, () => void>();
  const ask = async (name: string, of: string = service, bounds = limits): Promise<string> =>
    await queues.turnsFor(guest("somewhere", signal), bounds).take(of, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => answers.set(name, resolve));
      return name;
    });
  return { begun, ask, answer: (name: string) => answers.get(name)?.() };
}

test("so many ask a service at a time, so many wait, and one more is refused at once", async () => {
  const queues = new ServiceQueues();
  const { begun, ask, answer } = questions(queues);
  const [a, b, c] = [ask("a"), ask("b"), ask("c")];
  expect(queues.load).toEqual({ asking: 2, waiting: 1 });
  const refused = await ask("d").catch((error: unknown) => error);
  expect(begun).toEqual(["a", "b"]);
  expect(refused).toBeInstanceOf(ServiceBusy);
  expect(refused).toMatchObject({
    message: 'too many logins wait for LDAP server "l"',
    detail: "auth_service_limit=2 are asking it, and auth_service_queue=1 wait.",
  });
  answer("a");
  expect(await a).toBe("a");
  expect(begun).toEqual(["a", "b", "c"]);
  answer("b");
  answer("c");
  expect(await Promise.all([b, c])).toEqual(["b", "c"]);
  expect(queues.load).toEqual({ asking: 0, waiting: 0 });
});

test("a service that does not answer keeps nobody waiting for another one", async () => {
  const { begun, ask, answer } = questions(new ServiceQueues());
  const stuck = [ask("a"), ask("b"), ask("c")];
  const other = ask("d", 'LDAP server "m"');
  expect(begun).toEqual(["a", "b", "d"]);
  for (const name of ["a", "b", "d"]) answer(name);
  expect(await other).toBe("d");
  answer("c");
  await Promise.all(stuck);
});

test("without a queue only those who find a turn are let ask", async () => {
  const { ask, answer } = questions(new ServiceQueues());
  const none = { auth_service_limit: 1, auth_service_queue: 0 };
  const first = ask("a", service, none);
  await expect(ask("b", service, none)).rejects.toBeInstanceOf(ServiceBusy);
  answer("a");
  expect(await first).toBe("a");
});

test("a limit that was reloaded counts from the next question on", async () => {
  const { begun, ask, answer } = questions(new ServiceQueues());
  const stuck = [ask("a"), ask("b")];
  const more = ask("c", service, { auth_service_limit: 3, auth_service_queue: 1 });
  expect(begun).toEqual(["a", "b", "c"]);
  for (const name of ["a", "b", "c"]) answer(name);
  expect(await Promise.all([...stuck, more])).toEqual(["a", "b", "c"]);
});

test("of a service that nobody asks nothing is kept, however the asking ended", async () => {
  const queues = new ServiceQueues();
  const left = new AbortController();
  const { ask, answer } = questions(queues, left.signal);
  const asked = ["a", "b", "c"].map(async (name) => await ask(name));
  const failed = queues.turnsFor(guest("somewhere"), limits).take("PAM", async () => {
    await Promise.resolve();
    throw new Error("no luck");
  });
  expect(queues.size).toBe(2);
  await expect(failed).rejects.toThrow("no luck");
  left.abort(new Error("the client left"));
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual([
    "rejected",
    "rejected",
    "rejected",
  ]);
  // What has begun ends by itself, and keeps its place until then.
  expect(queues.size).toBe(1);
  answer("a");
  answer("b");
  await new Promise(setImmediate);
  expect(queues.size).toBe(0);
});

test("one source fills half of the queue, and keeps nobody from a turn that is free", async () => {
  const queues = new ServiceQueues();
  const bounds = { auth_service_limit: 4, auth_service_queue: 4 };
  const endings: (() => void)[] = [];
  const ask = async (source: string): Promise<void> =>
    await queues
      .turnsFor(guest(source), bounds)
      .take(service, async () => await new Promise<void>((resolve) => endings.push(resolve)), true);
  // It asks its clients: two turns are what one source may have of four, and two may wait.
  const many = Array.from({ length: 4 }, async () => await ask("many"));
  await expect(ask("many")).rejects.toMatchObject({
    detail: "2 of one source wait, which is half of auth_service_queue=4.",
  });
  const few = [ask("few"), ask("few")];
  expect(queues.load).toEqual({ asking: 4, waiting: 2 });
  for (const end of endings.splice(0)) end();
  await Promise.all(few);
  for (const end of endings.splice(0)) end();
  await Promise.all(many);
  expect(queues.size).toBe(0);
});

test("whoever is before a service, or waits for it, has put his turn aside", async () => {
  const queues = new ServiceQueues();
  let aside = 0;
  const turn: ServiceGuest["turn"] = {
    end: () => undefined,
    aside: async (work) => {
      aside += 1;
      return await work().finally(() => (aside -= 1));
    },
  };
  const answers: (() => void)[] = [];
  const ask = async (): Promise<void> =>
    await queues
      .turnsFor({ source: "somewhere", signal: never, turn }, { ...limits, auth_service_limit: 1 })
      .take(service, async () => await new Promise<void>((resolve) => answers.push(resolve)));
  const [first, second] = [ask(), ask()];
  expect(aside).toBe(2);
  answers.shift()?.();
  await first;
  expect(aside).toBe(1);
  answers.shift()?.();
  await second;
  expect(aside).toBe(0);
});
