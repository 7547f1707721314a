/**
 * The program of a PAM process: `main.ts PARENT`. It judges one login after the other, with the modules of the system,
 * which may hang, crash or exit: that is why they run in here. Whatever goes wrong ends it.
 */
import { tell } from "./pipe.ts";

try {
  const { serve } = await import("./serve.ts");
  serve();
} catch (error) {
  // Without koffi, an optional dependency, or without libpam.
  tell(0, { kind: "unusable", reason: String(error) });
}
