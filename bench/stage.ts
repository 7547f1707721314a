import { LoadGenerator } from "./load/generator.ts";
import { canPool } from "./peers/gateway.ts";
import { startTrio } from "./peers/trio.ts";
import type { Trio } from "./peers/trio.ts";
import type { Pace } from "./contest.ts";

/** Whether the gateway is measured with pooling; `auto`: if this build has it. */
export type PoolMode = "auto" | "session" | "off";

/** What cases share. */
export interface Stage extends AsyncDisposable {
  /** For what is soon under way. */
  readonly brief: Pace;
  /** For what begins with work of another kind, or takes long by itself. */
  readonly steady: Pace;
  /** The gateway has `pool_mode = session` and `lazy_upstream = on`. */
  readonly pooled: boolean;
  /** All with few rules, started when first asked for. */
  readonly few: () => Promise<Trio>;
  /** All with so many rules, in front of a server with few. They go when another number is asked for. */
  readonly many: (rules: number) => Promise<Trio>;
  readonly generator: LoadGenerator;
}

export const fewRules = 10;

export async function makeStage(quick: boolean, poolMode: PoolMode): Promise<Stage> {
  await using made = new AsyncDisposableStack();
  const pooled = poolMode === "session" || (poolMode === "auto" && (await canPool()));
  const generator = made.use(new LoadGenerator());
  let few: Promise<Trio> | undefined;
  made.defer(async () => {
    await (await few?.catch(() => undefined))?.[Symbol.asyncDispose]();
  });
  const startFew = async (): Promise<Trio> => await (few ??= startTrio({ rules: fewRules, pooled }));
  let many: { readonly rules: number; readonly trio: Trio } | undefined;
  const dropMany = async (): Promise<void> => {
    await many?.trio[Symbol.asyncDispose]();
    many = undefined;
  };
  made.defer(dropMany);
  const all = made.move();
  const warmMs = quick ? 3000 : 10_000;
  return {
    // The more rounds, the less it matters what else the machine does in one of them.
    brief: { rounds: quick ? 3 : 9, roundMs: 1000, warmMs },
    steady: { rounds: quick ? 3 : 5, roundMs: quick ? 1000 : 2000, warmMs },
    pooled,
    few: startFew,
    many: async (rules) => {
      if (many?.rules === rules) return many.trio;
      await dropMany();
      const { postgresql: upstream } = await startFew();
      many = { rules, trio: await startTrio({ rules, pooled, upstream }) };
      return many.trio;
    },
    generator,
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  };
}
