import { utf8Text } from "@sallyport/policy";
import type { Place } from "@sallyport/policy";
import { FatalError, orAborted } from "@sallyport/wire";
import type { ConnectionOptions } from "@sallyport/wire";
import { AuthQueryError } from "../catalog/auth-query.ts";
import { Catalog } from "../catalog/catalog.ts";
import type { SecretSource } from "../catalog/secret-source.ts";
import type { Log } from "../log/index.ts";
import { finding, textOf } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";

const insufficientPrivilege = "42501";

/** Opens the catalogue session as the gateway does, asks it as a login does, and closes it. */
export async function checkCatalogue(
  options: ConnectionOptions,
  source: SecretSource,
  place: Place | null,
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const log: Log = {
    log: (severity, message) => {
      if (severity === "WARNING") findings.push(finding("catalogue-superuser", utf8Text(message), { place }));
    },
  };
  const catalog = new Catalog(options, log, { source });
  try {
    await orAborted(catalog.open(), signal);
  } catch (error) {
    const [hint, code] = error instanceof FatalError ? [error.hint, error.code] : [undefined, ""];
    const byCode = code === insufficientPrivilege ? "catalogue-rights" : "catalogue-away";
    const id = error instanceof AuthQueryError ? "auth-query-refused" : byCode;
    findings.push(finding(id, textOf(error), { place, hint: hint && utf8Text(hint) }));
  } finally {
    await catalog.close();
  }
  return findings;
}
