type Undo = () => Promise<void>;

/** What has been done and is to be undone, the last first. */
export class UndoList {
  readonly #steps: Undo[] = [];
  #undoing: Promise<void> | null = null;

  push(step: Undo): void {
    this.#steps.push(step);
  }

  /**
   * Undoes everything, once, however often it is asked for. A step that fails keeps none of the others from its turn.
   *
   * @throws the first failure, when all steps are done
   */
  async undoAll(): Promise<void> {
    this.#undoing ??= this.#undo();
    await this.#undoing;
  }

  async #undo(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.toReversed()) {
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
