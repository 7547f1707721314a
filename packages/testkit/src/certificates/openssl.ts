import { command } from "../command.ts";

/** Runs the system's openssl. @throws {Error} with what it said */
export async function openssl(args: readonly string[]): Promise<string> {
  const result = await command("openssl", args);
  if (result.status !== 0) throw new Error(`openssl ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

export type KeyKind = "ec" | "rsa" | "rsa-pss" | "ed25519";

const keyOptions: Readonly<Record<KeyKind, readonly string[]>> = {
  ec: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
  rsa: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  "rsa-pss": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
  ed25519: ["-algorithm", "ED25519"],
};

/** Makes a private key, in PEM (PKCS #8), mode 0600. */
export async function makeKey(kind: KeyKind, file: string): Promise<void> {
  await openssl(["genpkey", ...keyOptions[kind], "-out", file]);
}
