import type { Result } from "./result.ts";
import type { Stage } from "./stage.ts";

/** Something that is measured under a name of its own, which `--only` takes. */
export interface Case {
  readonly name: string;
  /** It takes minutes: `--quick` leaves it out. */
  readonly long?: boolean;
  readonly run: (stage: Stage) => Promise<readonly Result[]>;
}
