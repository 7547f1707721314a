/** What a server's certificate says that it is called: as much of it as libpq looks at. */
import { DER, DerReader, objectIdentifier } from "./der.ts";
import { certificateFields } from "./name.ts";

/** One name of the subjectAltName extension. Contents are what the certificate has, not decoded. */
export interface AlternativeName {
  readonly kind: "dns" | "ip" | "other";
  readonly content: Buffer;
}

export interface ServerNames {
  readonly alternative: readonly AlternativeName[];
  /** The first common name of the subject; null if it has none. */
  readonly commonName: Buffer | null;
}

const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";

/**
 * @param der a certificate
 * @throws {WireError} `malformed_message`
 */
export function serverNames(der: Buffer): ServerNames {
  const { subject, rest } = certificateFields(der);
  const commonName = firstCommonName(subject);
  rest.read(DER.sequence); // subjectPublicKeyInfo
  while (!rest.atEnd && !rest.nextIs(DER.explicit(3))) rest.read(); // unique identifiers
  const extensions = rest.atEnd ? null : rest.enter(DER.explicit(3)).enter(DER.sequence);
  return { alternative: extensions === null ? [] : alternativeNames(extensions), commonName };
}

function firstCommonName(subject: DerReader): Buffer | null {
  while (!subject.atEnd) {
    const relative = subject.enter(DER.set);
    while (!relative.atEnd) {
      const attribute = relative.enter(DER.sequence);
      const type = objectIdentifier(attribute.read(DER.objectIdentifier).content);
      if (type === COMMON_NAME) return attribute.read().content;
    }
  }
  return null;
}

function alternativeNames(extensions: DerReader): readonly AlternativeName[] {
  const names: AlternativeName[] = [];
  while (!extensions.atEnd) {
    const extension = extensions.enter(DER.sequence);
    const type = objectIdentifier(extension.read(DER.objectIdentifier).content);
    if (extension.nextIs(DER.boolean)) extension.read(); // critical
    const value = extension.read(DER.octetString).content;
    if (type === SUBJECT_ALT_NAME) names.push(...generalNames(new DerReader(value).enter(DER.sequence)));
  }
  return names;
}

/** GeneralName: dNSName is [2], iPAddress [7]. */
function generalNames(reader: DerReader): readonly AlternativeName[] {
  const names: AlternativeName[] = [];
  while (!reader.atEnd) {
    const { tag, content } = reader.read();
    const kind = tag === DER.implicit(2) ? "dns" : tag === DER.implicit(7) ? "ip" : "other";
    names.push({ kind, content });
  }
  return names;
}
