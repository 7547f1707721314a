import { loginAttempt, loginIntents, loginRules, plainIntents } from "@sallyport/testkit";
import type { LoginAttempt, Random, Tree } from "@sallyport/testkit";
import type { Settings } from "./twins.ts";

/** Files, who comes, and under which settings. */
export interface Round {
  readonly tree: Tree;
  readonly attempts: readonly LoginAttempt[];
  readonly settings: Settings;
}

interface RoundOptions {
  readonly connections: number;
  /** Of some of the operating system's users. */
  readonly uids: ReadonlyMap<string, number>;
  /** Connections come over the Unix socket, too, as these users. */
  readonly asOthers: boolean;
}

const perFile = 40;

/**
 * At first every intent once, as it is, under files that lead it straight to its method: so every outcome occurs in
 * every run. Then whatever comes.
 */
export function* rounds(r: Random, { connections, uids, asOthers }: RoundOptions): Generator<Round> {
  const systemUsers = [...uids.keys()];
  const known = asOthers ? uids : new Map<string, number>();
  const intents = loginIntents(known);
  const calm = [
    { intents, settings: { password_encryption: "scram-sha-256", ssl: "on" } },
    { intents: plainIntents(known), settings: { password_encryption: "md5", ssl: "off" } },
  ];
  let made = 0;
  for (const { intents: all, settings } of calm) {
    const attempts = all.map((intent) => loginAttempt(r, intent, { calm: true }));
    made += attempts.length;
    yield { tree: loginRules(r, { noise: 0, systemUsers }), attempts, settings };
  }
  while (made < connections) {
    const some = Array.from({ length: perFile }, () => intents[r.below(intents.length)]);
    const attempts = some.flatMap((intent) => (intent ? [loginAttempt(r, intent)] : []));
    made += attempts.length;
    yield {
      tree: loginRules(r, { noise: r.below(8), systemUsers }),
      attempts,
      settings: {
        password_encryption: r.pick(["scram-sha-256", "scram-sha-256", "md5"]),
        ssl: r.chance(0.8) ? "on" : "off",
      },
    };
  }
}
