import { describe, expect, test } from "vitest";
import { WaitingRoom, waitingRoomLimits } from "./waiting-room.ts";
import type { Turn, WaitingRoomLimits } from "./waiting-room.ts";

const never = new AbortController().signal;

interface Arrival {
  readonly who: string;
  readonly turn: Promise<Turn | null>;
  /** What is known once nothing moves any more. */
  readonly seen: () => Promise<"in" | "waits" | "away">;
}

/** A room, and a door through which visitors come. */
function roomFor(limits: Partial<WaitingRoomLimits>): {
  room: WaitingRoom;
  enter: (source: string) => Arrival;
} {
  const room = new WaitingRoom({ turns: 4, turnsPerSource: 2, strangers: 6, ...limits });
  const enter = (source: string): Arrival => {
    const turn = room.enter(source, never);
    const seen: Arrival["seen"] = async () => {
      const settled = await Promise.race([turn, tick("waits" as const)]);
      return settled === "waits" ? settled : settled === null ? "away" : "in";
    };
    return { who: source, turn, seen };
  };
  return { room, enter };
}

async function tick<T>(value: T): Promise<T> {
  await new Promise((resolve) => void setImmediate(resolve));
  return value;
}

async function seen(arrivals: readonly Arrival[]): Promise<string> {
  const each = await Promise.all(arrivals.map(async (arrival) => `${arrival.who} ${await arrival.seen()}`));
  return each.join(", ");
}

describe("turns", () => {
  test("are had at once while there are some", async () => {
    const { enter } = roomFor({});
    expect(await seen([enter("a"), enter("b"), enter("b")])).toBe("a in, b in, b in");
  });

  test("are limited for each source, and for all together", async () => {
    const { enter } = roomFor({ turns: 3 });
    const arrivals = ["a", "a", "a", "b", "b"].map(enter);
    expect(await seen(arrivals)).toBe("a in, a in, a waits, b in, b waits");
  });

  test("go round the sources, and to those of one source as they came", async () => {
    const { enter } = roomFor({ turns: 1, turnsPerSource: 1 });
    const arrivals = ["a", "a", "a", "a", "b"].map(enter);
    const order: string[] = [];
    const visits = arrivals.map(async ({ turn, who }, index) => {
      const had = await turn;
      order.push(`${who}${index}`);
      await tick(null);
      had?.end();
    });
    await Promise.all(visits);
    expect(order).toEqual(["a0", "a1", "b4", "a2", "a3"]);
  });

  test("end once, however often they are ended", async () => {
    const { room, enter } = roomFor({ turns: 1 });
    const [first, second, third] = [enter("a"), enter("a"), enter("a")];
    const turn = await first.turn;
    turn?.end();
    turn?.end();
    expect(await seen([second, third])).toBe("a in, a waits");
    expect(room.strangers).toBe(2);
  });

  test("are not waited for longer than the visitor's own time", async () => {
    const room = new WaitingRoom({ turns: 1, turnsPerSource: 1, strangers: 6 });
    const first = await room.enter("a", never);
    const late = new AbortController();
    const waiting = room.enter("a", late.signal);
    late.abort(new Error("too late"));
    await expect(waiting).rejects.toThrow("too late");
    expect(room.strangers).toBe(1);
    first?.end();
    expect(room.strangers).toBe(0);
    await expect(room.enter("a", late.signal)).rejects.toThrow("too late");
  });
});

describe("a full room", () => {
  test("sends a newcomer away whose source takes up most of it", async () => {
    const { room, enter } = roomFor({});
    const crowd = Array.from({ length: 6 }, () => enter("a"));
    expect(await enter("a").seen()).toBe("away");
    expect(await seen(crowd)).toBe("a in, a in, a waits, a waits, a waits, a waits");
    expect(room.strangers).toBe(6);
  });

  test("takes in a newcomer of another source, for the last who came of the one that takes up most", async () => {
    const { room, enter } = roomFor({});
    const crowd = Array.from({ length: 6 }, () => enter("a"));
    expect(await enter("b").seen()).toBe("in");
    expect(await seen(crowd)).toBe("a in, a in, a waits, a waits, a waits, a away");
    expect(room.strangers).toBe(6);
  });

  test("sends nobody away who has a turn already", async () => {
    const { enter } = roomFor({ turns: 6, turnsPerSource: 6 });
    const crowd = Array.from({ length: 6 }, () => enter("a"));
    expect(await enter("b").seen()).toBe("away");
    expect(await seen(crowd)).toBe(Array.from({ length: 6 }, () => "a in").join(", "));
  });
});

test.each([
  [1, { turns: 1, turnsPerSource: 1, strangers: 16 }],
  [100, { turns: 50, turnsPerSource: 25, strangers: 200 }],
  [1000, { turns: 500, turnsPerSource: 64, strangers: 2000 }],
])("of %i slots strangers may have half, and one source half of that, at most 64", (slots, limits) => {
  expect(waitingRoomLimits(slots)).toEqual(limits);
});

describe("a turn that is put aside", () => {
  const held = async (arrival: Arrival): Promise<Turn> => {
    const turn = await arrival.turn;
    if (turn === null) throw new Error("there is no turn");
    return turn;
  };

  test("is another's meanwhile, and had again at once", async () => {
    const { room, enter } = roomFor({ turns: 1, turnsPerSource: 1 });
    const turn = await held(enter("a"));
    const other = enter("b");
    const answer = Promise.withResolvers<string>();
    const asked = turn.aside(async () => await answer.promise);
    expect(await other.seen()).toBe("in");
    expect(room.strangers).toBe(2);
    answer.resolve("an answer");
    expect(await asked).toBe("an answer");
    const third = enter("c");
    (await held(other)).end();
    expect(await third.seen()).toBe("waits");
    turn.end();
    expect(await third.seen()).toBe("in");
  });

  test("is kept when as many are aside as there are turns", async () => {
    const { enter } = roomFor({ turns: 1, turnsPerSource: 1 });
    const answer = Promise.withResolvers<void>();
    const first = (await held(enter("a"))).aside(async () => await answer.promise);
    const second = (await held(enter("b"))).aside(async () => await answer.promise);
    expect(await enter("c").seen()).toBe("waits");
    answer.resolve();
    await Promise.all([first, second]);
  });

  test("that ends meanwhile, or whose work fails, leaves nothing behind", async () => {
    const { room, enter } = roomFor({ turns: 2 });
    const [one, other] = [await held(enter("a")), await held(enter("a"))];
    const answer = Promise.withResolvers<void>();
    const asked = one.aside(async () => await answer.promise);
    one.end();
    answer.resolve();
    await asked;
    await expect(other.aside(async () => await Promise.reject(new Error("no luck")))).rejects.toThrow(
      "no luck",
    );
    expect(room.strangers).toBe(1);
    other.end();
    other.end();
    expect(room.strangers).toBe(0);
  });
});
