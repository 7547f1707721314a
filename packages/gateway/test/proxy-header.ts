/** Headers of the PROXY protocol, as a proxy writes them. */
const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** Of version 1. */
export function proxyLine(source: string, port = 50_000): Buffer {
  const family = source.includes(":") ? "TCP6" : "TCP4";
  return Buffer.from(`PROXY ${family} ${source} ${source} ${port} 5432\r\n`);
}

/** Of version 2. */
export function proxyBlock(
  command: "PROXY" | "LOCAL",
  family: number,
  body: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.from([command === "PROXY" ? 0x21 : 0x20, family, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([signature, head, body]);
}

/** Of version 2, for a client of IPv4. */
export function proxyBlockOf(source: string, port = 50_000): Buffer {
  const octets = source.split(".").map(Number);
  return proxyBlock("PROXY", 0x11, Buffer.from([...octets, ...octets, port >> 8, port & 0xff, 0x15, 0x38]));
}
