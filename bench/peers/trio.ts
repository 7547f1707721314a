import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { selfSigned, tempDirectory } from "@sallyport/testkit";
import type { PostgresTls, TestPostgres } from "@sallyport/testkit";
import { startGateway } from "./gateway.ts";
import type { GatewayProcess } from "./gateway.ts";
import { memoryOf } from "./process.ts";
import { startPgbouncer } from "./pgbouncer.ts";
import type { PgbouncerProcess } from "./pgbouncer.ts";
import { startServer } from "./postgresql.ts";
import { appSecret, hbaText } from "./world.ts";
import type { AppSecret } from "./world.ts";

/** The gateway, PgBouncer and PostgreSQL with the same `pg_hba.conf`. */
export interface Trio extends AsyncDisposable {
  readonly sallyport: GatewayProcess;
  readonly pgbouncer: PgbouncerProcess;
  /** What is connected to directly. */
  readonly postgresql: TestPostgres;
  readonly secret: AppSecret;
  readonly tls: PostgresTls;
  /** What each had in memory when all had loaded their files and nobody had come yet. */
  readonly atRest: Memory;
}

/** Bytes of each. */
export interface Memory {
  readonly sallyport: number;
  readonly pgbouncer: number;
  readonly postgresql: number;
}

/** In which what was needed to load a file is given back. */
const settleMs = 1000;

export interface TrioMaking {
  readonly rules: number;
  readonly pooled: boolean;
  /** The server behind gateway and PgBouncer. Default: the one that is connected to directly. */
  readonly upstream?: TestPostgres;
}

/** Starts all three. What they load is loaded before any is measured. */
export async function startTrio({ rules, pooled, upstream }: TrioMaking): Promise<Trio> {
  const { cert, key } = await selfSigned();
  const tls: PostgresTls = { chain: cert, key };
  const secret = await appSecret();
  const hba = hbaText(rules);
  await using started = new AsyncDisposableStack();
  const room = started.use(await tempDirectory(0o711));
  const postgresql = started.use(await startServer({ hba, secret, tls }));
  const common = { upstream: upstream ?? postgresql, hba, tls };
  const sallyport = started.use(
    await startGateway({ ...common, directory: join(room.path, "sallyport"), pooled }),
  );
  const pgbouncer = started.use(
    await startPgbouncer({ ...common, directory: join(room.path, "pgbouncer"), secret }),
  );
  await delay(settleMs);
  const atRest = {
    sallyport: await memoryOf(sallyport.pid),
    pgbouncer: await memoryOf(pgbouncer.pid),
    postgresql: await memoryOf(postgresql.pid),
  };
  const all = started.move();
  return {
    sallyport,
    pgbouncer,
    postgresql,
    secret,
    tls,
    atRest,
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  };
}
