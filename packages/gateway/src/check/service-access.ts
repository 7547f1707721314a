import { userInfo } from "node:os";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Place } from "@sallyport/policy";
import { openSession, ServerError } from "@sallyport/wire";
import type { ConnectionOptions } from "@sallyport/wire";
import { serviceLines, serviceText } from "../upstream/service-lines.ts";
import { upstreamSurroundings } from "../upstream/surroundings.ts";
import { finding } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";

/** Nobody is called so: an upstream that lets the gateway in as everybody says that this role does not exist. */
const nobody = "sallyport check";

/**
 * Whether the upstream lets the gateway in whoever comes: with the gateway's own credential, or without any.
 *
 * @param passfile null: what the passfile has for everybody does not count
 */
export async function letsEverybodyIn(options: ConnectionOptions, passfile: string | null): Promise<boolean> {
  const hosts = options.hosts.map((host) => ({ ...host, password: null }));
  const asked: ConnectionOptions = { ...options, hosts, user: nobody, parameters: [], passfile };
  try {
    const { stream } = await openSession(asked, undefined, upstreamSurroundings);
    stream.destroy();
    return true;
  } catch (error) {
    return error instanceof ServerError && error.authenticated;
  }
}

/** With `upstream_auth = service`, of an upstream that does not: what it needs. */
export function serviceAccess({ hosts, settings }: ConnectionOptions, place: Place | null): Finding {
  const osUser = utf8Bytes(userInfo().username);
  const lines = serviceText(serviceLines({ osUser, upstream: { hosts, ...(settings && { settings }) } }));
  const message = "the upstream does not let the gateway in as just any role";
  const first = "It has to for each role that comes; these lines let it in as every role:";
  return finding("service-access", message, { place, detail: [first, ...lines.map(utf8Text)].join("\n") });
}
