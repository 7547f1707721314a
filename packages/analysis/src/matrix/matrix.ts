import { compilePolicy, connectionOf, inPassing } from "@sallyport/policy";
import type { Bytes, Policy } from "@sallyport/policy";
import { decisionsFor, rowsOf } from "./block.ts";
import type { Row } from "./block.ts";
import { groupBy } from "./group-by.ts";
import { leftOutOf, noOmissions } from "./left-out.ts";
import { rolesOf } from "./names.ts";
import { planOf } from "./plan.ts";
import type { DatabaseClass } from "./plan.ts";
import type { MatrixContext, MatrixQuestion, Name } from "./question.ts";
import { indexRules, rulesAbout } from "./rule-index.ts";
import type { PlacedRule } from "./rule-index.ts";

/** Roles to which the same holds. */
export interface Block {
  readonly roles: readonly Name[];
  readonly rows: readonly Row[];
}

export interface Matrix {
  readonly blocks: readonly Block[];
  /** What is not in it, in words, and how to ask for it. Byte strings. */
  readonly leftOut: readonly Bytes[];
}

/**
 * Who can reach what, from where, how. Each answer is a decision of the policy; what comes to the same is merged, and nothing else.
 *
 * One address is asked for all that no network of a rule tells apart, and one database for all that no rule about the role does.
 * What is left out, because there is too much of it or because no name that is known stands for it, is said.
 */
export function matrixOf(policy: Policy, question: MatrixQuestion, context: MatrixContext): Matrix {
  const compiled = compilePolicy(policy);
  const index = indexRules(placed(policy), "user");
  const { names: roles, regexes } = rolesOf(policy, question, context);
  const omissions = noOmissions(regexes);
  const made = new Map<Name, readonly Row[]>();
  let left = context.most;
  // The one that stands for all others is the last to be left out.
  const inTurn = [...roles.slice(-1), ...roles.slice(0, -1)];
  for (const [at, role] of inTurn.entries()) {
    const rules = rulesAbout(index, connectionOf({ user: role.name }), context.facts);
    const whole = planOf(policy, role, rules, question, context, omissions);
    if (at > 0) left -= effortOf(whole, index.wide.length);
    const plan = fitting(whole, left, question);
    // Of a single role that is too much some is better than nothing.
    if (plan.length < whole.length && (at > 0 || plan.length === 0)) {
      omissions.roles.push(...inTurn.slice(at));
      break;
    }
    omissions.databases.push(...whole.slice(plan.length).flatMap(({ databases }) => databases));
    left -= plan.reduce((sum, one) => sum + decisionsFor(one, question), 0);
    made.set(role, rowsOf(compiled, role, plan, question, context));
  }
  const blocks = roles.flatMap((role) => {
    const rows = made.get(role);
    return rows ? [{ role, rows }] : [];
  });
  const alike = groupBy(blocks, ({ rows }) => JSON.stringify(rows.map(keyOf)));
  return {
    blocks: alike.map((group) => ({ roles: group.map(({ role }) => role), rows: group[0].rows })),
    leftOut: leftOutOf(omissions),
  };
}

function* placed({ rules }: Policy): Generator<PlacedRule, undefined, undefined> {
  let place = 0;
  for (const rule of inPassing(rules)) {
    yield { place, rule };
    place += 1;
  }
}

/** What a plan has cost, in decisions: to look at a database is about an eighth of one, at a rule a hundredth. */
function effortOf(plan: readonly DatabaseClass[], rules: number): number {
  const databases = plan.reduce((sum, one) => sum + one.databases.length, 0);
  return databases / 8 + rules / 100;
}

/** The first of them, as far as so many decisions reach. */
function fitting(plan: readonly DatabaseClass[], most: number, question: MatrixQuestion): DatabaseClass[] {
  let left = most;
  const end = plan.findIndex((one) => {
    left -= decisionsFor(one, question);
    return left < 0;
  });
  return end < 0 ? [...plan] : plan.slice(0, end);
}

/** What of a row does not depend on the role that it was made for. */
function keyOf({ databases, kinds, addresses, answer }: Row): unknown {
  const names = databases.map(({ is, name }) => (is === "named" ? [name] : is));
  return [names, kinds, addresses, answer.key];
}
