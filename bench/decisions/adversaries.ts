import type { Asked } from "./asked.ts";

/** Rules from which an index gains nothing, or less than it costs. */
export const adversaries: Readonly<Record<string, () => Asked>> = {
  "the first rule decides": () =>
    rulesOf(
      5000,
      20_000,
      () => "host all all all",
      () => 0,
    ),
  "one of the first 16 decides": () =>
    rulesOf(
      5000,
      20_000,
      (place) => `host all u${place} 10.0.0.0/8`,
      (at) => at % 16,
    ),
  "one of 64": () => rulesOf(64, 20_000, (place) => `host all u${place} 10.0.0.0/8`),
  "a group each, all else the same": () => rulesOf(5000, 600, (place) => `host all +u${place} 10.0.0.0/8`),
  "a group each, one address each": () =>
    rulesOf(5000, 600, (place) => `host all +u${place} 10.${place >> 8}.${place & 255}.7 255.0.0.255`),
  "networks within each other": () =>
    rulesOf(5000, 600, (place) => `host all +u${place} 10.7.7.7/${place % 33}`),
  "half of the rules, and many lists": () =>
    rulesOf(
      5000,
      200,
      (place) => (place % 2 === 0 ? "host all,x all ::/0" : `host all +u${place} 10.7.7.7/${place % 33}`),
      (at) => ((at * 7919) % 5000) | 1,
    ),
  "lists of 1,000 names": () =>
    rulesOf(64, 400, (place) => `host ${thousand("all")} ${thousand(`u${place}`)} all`),
};

function thousand(last: string): string {
  return [...Array.from({ length: 999 }, (_, at) => `n${at}`), last].join(",");
}

/** @param winner which rule an attempt is made for; default: each as often as any other */
function rulesOf(
  rules: number,
  attempts: number,
  line: (place: number) => string,
  winner: (at: number) => number = (at) => (at * 7919) % rules,
): Asked {
  const lines = Array.from({ length: rules }, (_, place) => line(place));
  return {
    hba: lines.map((columns) => `${columns} scram-sha-256\n`).join(""),
    attempts: Array.from({ length: attempts }, (_, at) => {
      const wanted = winner(at);
      return { place: wanted, attempt: { user: `u${wanted}`, database: "db", address: "10.7.7.7" } };
    }),
    facts: { membership: (role, group) => role === group },
  };
}
