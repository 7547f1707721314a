import { LivePolicy, logReading, logStart, readHba, readIdent } from "@sallyport/gateway";
import type { Logger, Settings } from "@sallyport/gateway";
import { utf8Text } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";

/** Both files as a server takes them when it starts: a broken `pg_hba.conf` is fatal, a broken `pg_ident.conf` empty. */
export async function loadPolicy(settings: Settings, logger: Logger, io: Io): Promise<LivePolicy> {
  const [hba, ident] = [await readHba(settings), await readIdent(settings)];
  logReading(logger, hba, ident);
  const { policy } = hba;
  if (policy === null) {
    const hint = '"sallyport check" shows each mistake in its line.';
    throw new Failure(`could not load ${utf8Text(hba.logName)}`, { hint });
  }
  const live = new LivePolicy({ ...hba, policy }, ident, io.clock);
  logStart(logger, live.report);
  return live;
}
