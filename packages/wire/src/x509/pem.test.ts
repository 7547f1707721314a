import { expect, test } from "vitest";
import { certificatesInPem, pemBlocks, revocationListsInPem } from "./pem.ts";

const block = (label: string, body: string, end = "\n"): string =>
  `-----BEGIN ${label}-----${end}${body}${end}-----END ${label}-----${end}`;

test("blocks come each by itself, those of other kinds and what stands between left out", () => {
  const [list, certificate] = [block("X509 CRL", "AA"), block("CERTIFICATE", "BB")];
  const other = block("X509 CRL", "CC", "\r\n");
  const text = `words\n${list}words\n${certificate}${other}`;
  expect(revocationListsInPem(text)).toEqual([list, other]);
  expect(certificatesInPem(text)).toEqual([certificate]);
  expect(pemBlocks(text).map(({ label }) => label)).toEqual(["X509 CRL", "CERTIFICATE", "X509 CRL"]);
});

test("what is not complete is none", () => {
  expect(pemBlocks("")).toEqual([]);
  expect(pemBlocks("-----BEGIN X509 CRL-----\nAA\n")).toEqual([]);
  const within = `-----BEGIN X509 CRL-----\n${block("CERTIFICATE", "BB")}-----END X509 CRL-----\n`;
  expect(revocationListsInPem(within)).toEqual([]);
});
