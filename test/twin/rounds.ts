import { loginAttempt, loginIntents, loginRules } from "@sallyport/testkit";
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
 * At first every intent once, as it is, under files that lead it straight to its method, for either kind of
 * password_encryption: so every outcome occurs in every run. Then whatever comes.
 */
export function* rounds(r: Random, { connections, uids, asOthers }: RoundOptions): Generator<Round> {
  const systemUsers = [...uids.keys()];
  const intents = loginIntents(asOthers ? uids : new Map());
  let made = 0;
  for (const password_encryption of ["scram-sha-256", "md5"]) {
    const attempts = intents.map((intent) => loginAttempt(r, intent, { calm: true }));
    made += attempts.length;
    yield { tree: loginRules(r, { noise: 0, systemUsers }), attempts, settings: { password_encryption } };
  }
  while (made < connections) {
    const next = Array.from({ length: perFile }, (_, at) => intents[(made + at) % intents.length]);
    const attempts = next.flatMap((intent) => (intent ? [loginAttempt(r, intent)] : []));
    made += attempts.length;
    const password_encryption = r.pick(["scram-sha-256", "scram-sha-256", "md5"]);
    yield {
      tree: loginRules(r, { noise: r.below(8), systemUsers }),
      attempts,
      settings: { password_encryption },
    };
  }
}
