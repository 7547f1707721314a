import { placeOf, utf8Text } from "@sallyport/policy";
import type { HbaRule } from "@sallyport/policy";
import type { Settings } from "../config/index.ts";
import { readTls } from "../tls/read-tls.ts";
import { faultTexts, TlsFault } from "../tls/tls-fault.ts";
import { finding } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";

/** Days before the end of a certificate. */
const warnBefore = 14;
const dayLength = 86_400_000;

/**
 * TLS with the clients: whether its files can be used, and whether there is anybody to ask about a client's certificate.
 *
 * @param uid of the user that runs the gateway
 */
export async function checkTls(
  settings: Settings,
  rules: readonly HbaRule[],
  uid: number,
  now: Date,
): Promise<Finding[]> {
  if (!settings.ssl) return [];
  try {
    const { certificate, clients } = await readTls(settings, { atStart: true, uid });
    return [
      ...validity(settings, certificate, now),
      ...(clients.asked ? [] : rules.flatMap((rule) => withoutAuthority(rule))),
    ];
  } catch (error) {
    if (!(error instanceof TlsFault)) throw error;
    const { message, ...more } = faultTexts(error);
    return [finding("tls-refused", message, more)];
  }
}

function validity(
  { ssl_cert_file }: Settings,
  { validFrom, validTo }: { readonly validFrom: string; readonly validTo: string },
  now: Date,
): Finding[] {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  const file = `the certificate in "${utf8Text(ssl_cert_file)}"`;
  const days = Math.floor((to - now.getTime()) / dayLength);
  if (days < 0) return [finding("tls-certificate", `${file} has expired on ${shown(to)}`)];
  if (from > now.getTime()) return [finding("tls-certificate", `${file} is not valid before ${shown(from)}`)];
  if (days > warnBefore) return [];
  return [finding("tls-certificate", `${file} expires on ${shown(to)}`)];
}

function shown(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function withoutAuthority({ options, columns }: HbaRule): Finding[] {
  if (options.clientcert === undefined) return [];
  const message = "client certificates can only be checked if a root certificate store is available";
  return [finding("no-authority", message, { hint: "Set ssl_ca_file.", place: placeOf(columns.method) })];
}
