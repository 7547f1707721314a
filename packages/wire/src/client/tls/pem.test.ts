import { expect, test } from "vitest";
import { pemBlocks } from "./pem.ts";

const block = (label: string, body: string, end = "\n"): string =>
  `-----BEGIN ${label}-----${end}${body}${end}-----END ${label}-----${end}`;

const read = (text: string, ...labels: string[]): string[] =>
  pemBlocks(Buffer.from(text, "latin1"), labels).map((each) => each.toString("latin1"));

test("blocks come each by itself, those of other kinds and what stands between left out", () => {
  const text = `words\n${block("X509 CRL", "AA")}words\n${block("CERTIFICATE", "BB")}${block("X509 CRL", "CC", "\r\n")}`;
  expect(read(text, "X509 CRL")).toEqual([
    block("X509 CRL", "AA"),
    `${block("X509 CRL", "CC", "\r\n").slice(0, -2)}\r\n`,
  ]);
  expect(read(text, "CERTIFICATE")).toEqual([block("CERTIFICATE", "BB")]);
});

test("what is not complete is none", () => {
  expect(read("", "X509 CRL")).toEqual([]);
  expect(read("-----BEGIN X509 CRL-----\nAA\n", "X509 CRL")).toEqual([]);
  expect(
    read(`-----BEGIN X509 CRL-----\n${block("CERTIFICATE", "BB")}-----END X509 CRL-----\n`, "X509 CRL"),
  ).toEqual([]);
});
