import type { LoginAnswers, LoginWish } from "./attempt.ts";
import { anyDoor } from "./clients.ts";
import type { LoginIntent } from "./clients.ts";
import { brokenBody, md5Answer, oddFinal, oddFirst } from "./odd-answers.ts";
import { lengthWord, packet, spoil } from "./odd-bytes.ts";
import { opening } from "./openings.ts";
import type { Random } from "../random.ts";
import type { LoginDoor } from "./doors.ts";

const bob = { user: "bob", password: "bob-secret" } as const;
const md5Bob = { user: "Bob", password: "Bob-secret" } as const;

/** Clients that break the protocol, leave, or are not clients at all. */
export const misbehaviours: readonly LoginIntent[] = [
  ...(["password", "md5", "scram-sha-256"] as const).flatMap((door): LoginIntent[] => [
    [
      `${door}: another message`,
      (r) => instead(r, door, `${r.pick(["Q", "X", "\0", "\u00ff", "B"])}\0\0\0\x05\0`),
    ],
    [
      `${door}: a message too long`,
      (r) => instead(r, door, `p${lengthWord(r.pick([65_536, 70_000, 2 ** 31 - 1]))}`),
    ],
    [`${door}: a message too short`, (r) => instead(r, door, `p${lengthWord(r.pick([0, 3, -1]))}`)],
    [`${door}: a broken body`, (r) => instead(r, door, message(brokenBody(r)))],
    [`${door}: half a message`, (r) => instead(r, door, `p${lengthWord(100)}half`, true)],
    [`${door}: nothing, and away`, (r) => instead(r, door, "", true)],
  ]),
  ["md5: a spoiled answer", (r) => ({ door: "md5", ...md5Bob, answers: { md5: md5Answer(r) } })],
  [
    "password: a spoiled answer",
    (r) => ({ door: "password", ...bob, answers: { cleartext: spoil(r, "bob-secret\0") } }),
  ],
  [
    "SASL: a spoiled mechanism",
    (r) => scram(r, { mechanism: r.pick(["SCRAM-SHA-256-PLUS", "scram-sha-256", "", "X"]) }),
  ],
  ["SASL: no initial response", (r) => scram(r, { delayed: true })],
  ["SCRAM: an odd client-first", (r) => scram(r, { first: oddFirst(r) })],
  ["SCRAM: a spoiled client-first", (r) => scram(r, { first: spoil(r, "n,,n=,r=fyko+d2lbbFgONRv9qkxdawL") })],
  ["SCRAM: an odd client-final", (r) => scram(r, { final: oddFinal(r) })],
  ["SCRAM: a spoiled client-final", (r) => scram(r, { final: spoil(r, "c=biws,r={nonce},p={proof}") })],
  ["a broken opening", (r) => ({ ...bob, door: anyDoor(r), opening: opening(r) })],
  ["requests before", (r) => ({ ...bob, door: anyDoor(r), requests: requests(r), pipelined: r.chance(0.3) })],
  ["another protocol", (r) => ({ ...bob, door: anyDoor(r), protocol: protocol(r) })],
];

function instead(r: Random, door: LoginDoor, bytes: string, leaves = false): LoginWish {
  const at = door === "scram-sha-256" && r.chance(0.5) ? 2 : 1;
  return { door, ...(r.chance(0.5) ? bob : md5Bob), answers: { instead: { at, bytes, leaves } } };
}

function scram(r: Random, answers: Partial<LoginAnswers>): LoginWish {
  return { door: r.pick(["scram-sha-256", "md5"]), ...bob, answers };
}

function message(body: string): string {
  return `p${packet(body)}`;
}

function requests(r: Random): ("ssl" | "gssenc")[] {
  return r.many(1, 4, () => r.pick(["ssl", "gssenc"]));
}

function protocol(r: Random): readonly [number, number] {
  return r.pick<readonly [number, number]>([
    [0, 0],
    [0, 1],
    [1, 0],
    [2, 0],
    [2, 9],
    [3, 1],
    [3, 2],
    [3, 3],
    [3, 9999],
    [3, 65_535],
    [4, 0],
    [1234, 5677],
    [1234, 5681],
    [65_535, 65_535],
  ]);
}
