import { faultTexts, LiveTls, TlsFault } from "@sallyport/gateway";
import type { Logger, Settings } from "@sallyport/gateway";
import { Failure } from "../failure.ts";

/** TLS as a server takes it when it starts: what is wrong with it is fatal. */
export async function loadTls(settings: Settings, logger: Logger): Promise<LiveTls> {
  return await LiveTls.start(settings).catch((error: unknown) => {
    if (!(error instanceof TlsFault)) throw error;
    const { message, detail, hint } = error;
    logger.log("FATAL", message, { detail, hint, sqlstate: "F0000" });
    const texts = faultTexts(error);
    const more = { detail: texts.detail ?? undefined, hint: texts.hint ?? undefined };
    throw new Failure(texts.message, { ...more, cause: error });
  });
}
