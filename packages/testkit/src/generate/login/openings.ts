import { anyBytes, packet, spoil } from "./odd-bytes.ts";
import type { Random } from "../random.ts";

const version3 = "\0\x03\0\0";

/** What may come where a startup packet should. */
export function opening(r: Random): string {
  return r.weighted<string>([
    [1, () => ""],
    [1, () => "\0"],
    [1, () => "\0\0\0"],
    [1, () => "\0\0\0\x04"],
    [1, () => "\0\0\0\x07abc"],
    [1, () => "\0\0\x27\x15"],
    [1, () => "\0\0\0\x20\0\x03\0\0user"],
    [1, () => "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    [1, () => "\x16\x03\x01\0\u00ff\x01\0\0\u00fb\x03\x03"],
    [1, () => "\u00ff".repeat(20)],
    [1, () => packet(version3)],
    [1, () => packet(`${version3}\0`)],
    [1, () => packet(`${version3}\0\0`)],
    [1, () => packet(`${version3}user\0bob`)],
    [1, () => packet(`${version3}user\0bob\0`)],
    [1, () => packet(`${version3}user\0bob\0\0\0`)],
    [1, () => packet(`${version3}user\0bob\0\0x`)],
    [1, () => packet(`${version3}user\0bob\0database\0`)],
    [1, () => packet(`${version3}user\0\0\0`)],
    [1, () => packet(`${version3}database\0bob\0\0`)],
    [1, () => packet(`${version3}USER\0bob\0\0`)],
    [1, () => packet(`${version3}user\0bob\0replication\0perhaps\0`)],
    [1, () => packet(`${version3}_pq_.x\x001\0\0`)],
    [1, () => packet("\x04\u00d2\x16\x2e")],
    [1, () => packet("\x04\u00d2\x16\x2e\0\0\0\x01")],
    [1, () => packet("\x04\u00d2\x16\x2e\0\0\0\0\0\0\0\x01")],
    [1, () => packet(`\x04\u00d2\x16\x2e\0\0\0\x01${"k".repeat(257)}`)],
    [3, () => packet(version3 + anyBytes(r, r.below(40)))],
    [3, () => packet(anyBytes(r, 4 + r.below(40)))],
    [3, () => anyBytes(r, r.below(40))],
    [2, () => packet(spoil(r, `${version3}user\0eve\0database\0bob\0replication\0true\0\0`))],
  ]);
}
