import type { Contestant, Sample } from "./contest.ts";
import type { Trio } from "./peers/trio.ts";

/** Measures whoever listens on a port of 127.0.0.1. */
export type MeasurePort = (port: number, milliseconds: number) => Promise<Sample>;

/** What our ratio to each is asked to be. Undefined: nothing. */
export interface Aims {
  readonly pgbouncer?: number;
  readonly postgresql?: number;
}

/** The three of a trio: we, PgBouncer, which is the main peer, and PostgreSQL. */
export function trioContestants(
  { sallyport, pgbouncer, postgresql }: Trio,
  measure: MeasurePort,
  aims: Aims = {},
): [Contestant, Contestant, Contestant] {
  const at =
    (port: number): Contestant["measure"] =>
    async (milliseconds) =>
      await measure(port, milliseconds);
  return [
    { name: "sallyport", pid: sallyport.pid, measure: at(sallyport.port) },
    { name: "pgbouncer", pid: pgbouncer.pid, measure: at(pgbouncer.port), atLeast: aims.pgbouncer },
    { name: "postgresql", measure: at(postgresql.port), atLeast: aims.postgresql },
  ];
}
