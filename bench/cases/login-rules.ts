import type { Case } from "../case.ts";
import { contest } from "../contest.ts";
import { trioContestants } from "../contestants.ts";
import { guest } from "../peers/world.ts";
import { fewRules } from "../stage.ts";
import { loginsOf, loginUnit } from "./login.ts";

/** Beside our own with few rules. */
const flat = 0.9;

export const login100kRules: Case = manyRules("login-100k-rules", 100_000, 10);
export const login1mRules: Case = manyRules("login-1m-rules", 1_000_000, 60);

/** Logins by `trust` where so many rules stand before the one that decides. */
function manyRules(name: string, rules: number, aim: number): Case {
  return {
    name,
    long: rules > 100_000,
    run: async (stage) => {
      const [few, many] = [await stage.few(), await stage.many(rules)];
      const measure = loginsOf(stage, guest, many.secret);
      const [ours, ...peers] = trioContestants(many, measure, { pgbouncer: aim });
      const [oursWithFew] = trioContestants(few, measure);
      const self = { ...oursWithFew, name: `sallyport, ${fewRules} rules`, atLeast: flat };
      const [pgbouncer, postgresql] = peers;
      const contestants = [ours, pgbouncer, self, postgresql] as const;
      return [await contest({ name, unit: loginUnit, better: "more", contestants }, stage.steady)];
    },
  };
}
