import type { Bytes } from "@sallyport/policy";
import type { BoolSetting, SettingRows, StringSetting } from "../setting.ts";

type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** TLS with the clients. */
export interface TlsSettings {
  readonly ssl: boolean;
  readonly ssl_ca_file: Bytes;
  readonly ssl_cert_file: Bytes;
  readonly ssl_crl_file: Bytes;
  readonly ssl_crl_dir: Bytes;
  readonly ssl_key_file: Bytes;
  readonly ssl_ciphers: Bytes;
  readonly ssl_tls13_ciphers: Bytes;
  readonly ssl_prefer_server_ciphers: boolean;
  readonly ssl_groups: Bytes;
  readonly ssl_dh_params_file: Bytes;
  readonly ssl_min_protocol_version: TlsVersion;
  /** Empty: the newest there is. */
  readonly ssl_max_protocol_version: TlsVersion | "";
  readonly ssl_passphrase_command: Bytes;
  readonly ssl_passphrase_command_supports_reload: boolean;
}

const reason = "SSL is not supported by this build";
const common = { context: "sighup", whose: "postgresql" } as const;
const versions = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

export const tlsSettings: SettingRows<TlsSettings> = {
  ssl: bool("off", "Offer TLS to clients."),
  ssl_ca_file: text("", "Certificates of the authorities that client certificates are checked against."),
  ssl_cert_file: text("server.crt", "The certificate of the gateway, with its chain."),
  ssl_crl_file: text("", "Revoked client certificates."),
  ssl_crl_dir: text("", "Directory of revocation lists."),
  ssl_key_file: text("server.key", "The private key of the certificate."),
  ssl_ciphers: text("HIGH:MEDIUM:+3DES:!aNULL", "Cipher suites up to TLS 1.2."),
  ssl_tls13_ciphers: text("", "Cipher suites of TLS 1.3; empty: the library's."),
  ssl_prefer_server_ciphers: bool("on", "Let the order of the server's cipher suites decide."),
  ssl_groups: text("X25519:prime256v1", "Groups for the key exchange."),
  ssl_dh_params_file: text("", "Parameters for ephemeral DH; empty: built-in ones."),
  ssl_min_protocol_version: {
    ...common,
    type: "enum",
    values: versions,
    default: "TLSv1.2",
    only: { value: "TLSv1.2", reason },
    description: "The oldest version of TLS that is accepted.",
  },
  ssl_max_protocol_version: {
    ...common,
    type: "enum",
    values: ["", ...versions],
    default: "",
    only: { value: "", reason },
    description: "The newest version of TLS that is accepted; empty: any.",
  },
  ssl_passphrase_command: { ...text("", "Command that prints the passphrase of the key."), secret: true },
  ssl_passphrase_command_supports_reload: bool("off", "Run that command at a reload, too."),
};

function bool(value: "on" | "off", description: string): BoolSetting {
  return { ...common, type: "bool", default: value, only: { value, reason }, description };
}

function text(value: Bytes, description: string): StringSetting {
  return { ...common, type: "string", default: value, only: { value, reason }, description };
}
