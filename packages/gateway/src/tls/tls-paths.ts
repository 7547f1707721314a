import type { Bytes } from "@sallyport/policy";
import type { TlsSettings } from "../config/index.ts";

/** The files and directories that TLS is made of; none if it is off. */
export function tlsPaths(settings: TlsSettings): readonly Bytes[] {
  if (!settings.ssl) return [];
  const { ssl_cert_file, ssl_key_file, ssl_ca_file, ssl_crl_file, ssl_crl_dir, ssl_dh_params_file } =
    settings;
  const named = [ssl_cert_file, ssl_key_file, ssl_ca_file, ssl_crl_file, ssl_crl_dir, ssl_dh_params_file];
  return named.filter((path) => path !== "");
}
