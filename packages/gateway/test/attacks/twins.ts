import { expect } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { PostgresOptions, TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import type { Target } from "../raw-client.ts";
import { converse, outline } from "./conversation.ts";
import type { Ending, Line, Talk } from "./conversation.ts";

/** A gate, and the PostgreSQL behind it, which has the same rules on its own TCP door. */
export interface Twins extends AsyncDisposable {
  readonly gate: TestGate;
  readonly server: TestPostgres;
  readonly ours: Target;
  readonly theirs: Target;
}

export interface TwinOptions {
  /** Of both doors. On the server's socket everybody is trusted: it is the gate's way in. */
  readonly hba: string;
  readonly statements?: readonly string[];
  readonly conf?: string;
  readonly settings?: PostgresOptions["settings"];
}

export async function startTwins({ hba, statements = [], conf, settings }: TwinOptions): Promise<Twins> {
  const server = await startPostgres({
    tcp: true,
    hba: `local all all trust\nlocal replication all trust\n${hba}`,
    ...(settings === undefined ? {} : { settings }),
  });
  try {
    await run(server, [...setUp, ...statements]);
    const gate = await startGate(server, { hba, ...(conf === undefined ? {} : { conf }) });
    return {
      gate,
      server,
      ours: gate.tcp,
      theirs: { host: "127.0.0.1", port: server.port },
      [Symbol.asyncDispose]: async () => {
        await gate[Symbol.asyncDispose]();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The same to both, which must answer alike. @returns what our side said */
export async function sameTo(twins: Twins, lines: () => readonly Line[], ending?: Ending): Promise<Talk> {
  const [ours, theirs] = await Promise.all([
    converse(twins.ours, lines(), ending),
    converse(twins.theirs, lines(), ending),
  ]);
  expect(outline(ours)).toEqual(outline(theirs));
  expect([ours.closed, theirs.closed]).toEqual([true, true]);
  return ours;
}
