import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { command } from "../command.ts";
import { tempDirectory } from "../temp-directory.ts";

/** A self-signed certificate for `localhost`, 127.0.0.1 and ::1, in PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export async function selfSigned(commonName = "localhost"): Promise<Certificate> {
  await using directory = await tempDirectory();
  const [cert, key] = [join(directory.path, "cert.pem"), join(directory.path, "key.pem")];
  const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 2".split(
    " ",
  );
  const names = ["-subj", `/CN=${commonName}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"];
  const result = await command("openssl", [...request, ...names, "-keyout", key, "-out", cert]);
  if (result.status !== 0) throw new Error(`openssl made no certificate: ${result.stderr}`);
  return { cert: await readFile(cert), key: await readFile(key) };
}
