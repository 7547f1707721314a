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

const common = { context: "sighup", whose: "postgresql" } as const;
const versions = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

export const tlsSettings: SettingRows<TlsSettings> = {
  ssl: bool(
    "off",
    "Whether clients may connect by TLS. A reload reads the files of the settings below anew; connections that stand stay as they are.",
  ),
  ssl_ca_file: file(
    "",
    "File of the certificates of the authorities by which client certificates must be signed; empty: none is asked for.",
  ),
  ssl_cert_file: file("server.crt", "File of the certificate of the gateway, with its chain, in PEM."),
  ssl_crl_file: file(
    "",
    "File that lists revoked client certificates; empty: none. With it, or with ssl_crl_dir, each authority of a certificate must have its list.",
  ),
  ssl_crl_dir: file("", "Directory of such lists, named as openssl rehash names them; empty: none."),
  ssl_key_file: file(
    "server.key",
    "File of the private key of the certificate: readable by its owner alone, or owned by root and readable by its group at most.",
  ),
  ssl_ciphers: text(
    "HIGH:MEDIUM:+3DES:!aNULL",
    "Cipher suites of TLS up to version 1.2, as OpenSSL writes them.",
  ),
  ssl_tls13_ciphers: text("", "Cipher suites of TLS 1.3, separated by colons; empty: those of the library."),
  ssl_prefer_server_ciphers: bool(
    "on",
    "Whether the order of the gateway's cipher suites decides, rather than that of the client's.",
  ),
  ssl_groups: text("X25519:prime256v1", "Groups for the exchange of keys, in order of preference."),
  ssl_dh_params_file: file("", "File of parameters for ephemeral Diffie-Hellman; empty: built-in ones."),
  ssl_min_protocol_version: {
    ...common,
    type: "enum",
    values: versions,
    default: "TLSv1.2",
    description: "The oldest version of TLS that is accepted.",
  },
  ssl_max_protocol_version: {
    ...common,
    type: "enum",
    values: ["", ...versions],
    default: "",
    description: "The newest version of TLS that is accepted; empty: there is no limit.",
  },
  ssl_passphrase_command: {
    ...text(
      "",
      "Command that prints the passphrase of the private key; empty: it has none. A shell runs it, with %p as the prompt.",
    ),
    secret: true,
  },
  ssl_passphrase_command_supports_reload: bool("off", "Whether that command is run at a reload, too."),
};

function bool(value: "on" | "off", description: string): BoolSetting {
  return { ...common, type: "bool", default: value, description };
}

function text(value: Bytes, description: string): StringSetting {
  return { ...common, type: "string", default: value, description };
}

function file(value: Bytes, description: string): StringSetting {
  return { ...text(value, description), path: true };
}
