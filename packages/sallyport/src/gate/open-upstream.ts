import { sessionSettings } from "@sallyport/gateway";
import type { Logger, Settings } from "@sallyport/gateway";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { ConnectionOptions } from "@sallyport/wire";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { liveOptions } from "../options/live-server.ts";
import { startEmbeddedUpstream } from "./embedded-upstream.ts";
import type { UndoList } from "./undo-list.ts";

/** Where sessions are opened. */
export interface Upstream {
  readonly options: ConnectionOptions;
  /** Version of the embedded PostgreSQL and milliseconds until it was ready; null: it is not embedded. */
  readonly embedded: { readonly version: string; readonly startedInMs: number } | null;
}

/** Reads the connection string, or starts the embedded server. */
export async function openUpstream(
  settings: Settings,
  data: string,
  logger: Logger,
  io: Io,
  undo: UndoList,
): Promise<Upstream> {
  if (settings.upstream !== "embedded") {
    const options = await liveOptions(settings.upstream, io);
    refuseSessionSettings(options);
    return { options, embedded: null };
  }
  const { server, options } = await startEmbeddedUpstream(data, (line) => logger.log("LOG", utf8Bytes(line)));
  undo.push(async () => await server.stop("fast"));
  return { options, embedded: { version: server.version, startedInMs: server.startedInMs } };
}

/** Every session has its own client's settings, and the catalogue's has its own: no others are passed over in silence. */
function refuseSessionSettings(options: ConnectionOptions): void {
  const names = sessionSettings(options);
  if (names.length === 0) return;
  throw new Failure(`"upstream" sets ${names.map(utf8Text).join(", ")}`, {
    detail: "Settings of sessions come from clients, never from the connection string or the environment.",
  });
}
