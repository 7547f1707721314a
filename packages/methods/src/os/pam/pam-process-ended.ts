import type { Bytes } from "@sallyport/policy";

/** The process ended before it came to a verdict. */
export class PamProcessEnded extends Error {
  override readonly name: string = "PamProcessEnded";
  /** In PostgreSQL's words about processes of its own. */
  readonly how: Bytes;

  constructor(how: Bytes) {
    super(`PAM process ${how}`);
    this.how = how;
  }
}
