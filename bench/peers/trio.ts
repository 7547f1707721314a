import { join } from "node:path";
import { selfSigned } from "@sallyport/testkit";
import type { PostgresTls, TestPostgres } from "@sallyport/testkit";
import { startGateway } from "./gateway.ts";
import type { GatewayProcess } from "./gateway.ts";
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
}

export interface TrioMaking {
  /** A directory to make directories in. */
  readonly room: string;
  readonly rules: number;
  readonly pooled: boolean;
  /** The server behind gateway and PgBouncer. Default: the one that is connected to directly. */
  readonly upstream?: TestPostgres;
}

/** Starts all three. What they load is loaded before any is measured. */
export async function startTrio({ room, rules, pooled, upstream }: TrioMaking): Promise<Trio> {
  const { cert, key } = await selfSigned();
  const tls: PostgresTls = { chain: cert, key };
  const secret = await appSecret();
  const hba = hbaText(rules);
  await using started = new AsyncDisposableStack();
  const postgresql = started.use(await startServer({ hba, secret, tls }));
  const common = { upstream: upstream ?? postgresql, hba, tls };
  const sallyport = started.use(
    await startGateway({ ...common, directory: join(room, `sallyport-${rules}`), pooled }),
  );
  const pgbouncer = started.use(
    await startPgbouncer({ ...common, directory: join(room, `pgbouncer-${rules}`), secret }),
  );
  const all = started.move();
  return {
    sallyport,
    pgbouncer,
    postgresql,
    secret,
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  };
}
