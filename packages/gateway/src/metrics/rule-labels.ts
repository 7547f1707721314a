import { posix } from "node:path";
import { utf8Text } from "@sallyport/policy";
import type { Bytes, HbaRule, Policy } from "@sallyport/policy";

/** What decides now; the hash is that of `pg_hba.conf` with all that it includes. */
export interface LiveRules {
  readonly current: Pick<Policy, "rules" | "hbaFileName">;
  readonly report: { readonly hba: { readonly liveSha256: string } };
}

/** A file may have a million rules, and a database of metrics dies of a million series. */
const mostRules = 1000;

/**
 * The places of rules as values of a label, of which there are never many: the first rules that are asked for have their
 * own, all later ones are `other`. What was loaded anew starts anew.
 */
export class RuleLabels {
  readonly #live: LiveRules;
  readonly #forget: () => void;
  readonly #most: number;
  #policy: LiveRules["current"];
  #sha256: string;
  readonly #known = new Map<HbaRule, string>();
  readonly #labels = new Set<string>();

  /** @param forget drops the series of rules that a reload has replaced */
  constructor(live: LiveRules, forget: () => void, most: number = mostRules) {
    this.#live = live;
    this.#forget = forget;
    this.#most = most;
    this.#policy = live.current;
    this.#sha256 = live.report.hba.liveSha256;
  }

  /** `none`: no rule fits; `replaced`: the login began under a file that is gone, and its line may be another's now. */
  of(rule: HbaRule | null): string {
    this.follow();
    if (rule === null) return "none";
    const known = this.#known.get(rule);
    if (known !== undefined) return known;
    const { rules, hbaFileName } = this.#policy;
    const label = placeOf(rule, hbaFileName);
    if (!this.#labels.has(label) && this.#labels.size >= this.#most) return "other";
    if (!rules.includes(rule)) return "replaced";
    this.#labels.add(label);
    this.#known.set(rule, label);
    return label;
  }

  /** Takes note of a reload. */
  follow(): void {
    const { current, report } = this.#live;
    if (current === this.#policy) return;
    this.#policy = current;
    this.#known.clear();
    if (report.hba.liveSha256 === this.#sha256) return;
    this.#sha256 = report.hba.liveSha256;
    this.#labels.clear();
    this.#forget();
  }
}

/** `pg_hba.conf:14`; an included file by its path from there if it stands beside or below, else by its full path. */
function placeOf({ fileName, lineNumber }: HbaRule, hbaFileName: Bytes): string {
  const beside = `${posix.dirname(hbaFileName)}/`.replace(/^\/\/$/, "/");
  const name = fileName.startsWith(beside) ? fileName.slice(beside.length) : fileName;
  return `${utf8Text(name)}:${lineNumber}`;
}
