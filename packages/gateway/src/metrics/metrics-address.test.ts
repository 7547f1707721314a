import { expect, test } from "vitest";
import { parseMetricsAddress, showMetricsAddress } from "./metrics-address.ts";

test.each([
  ["127.0.0.1:9632", { host: "127.0.0.1", port: 9632 }],
  ["0.0.0.0:1", { host: "0.0.0.0", port: 1 }],
  ["[::1]:65535", { host: "::1", port: 65535 }],
  ["[fe80::1%eth0]:9632", { host: "fe80::1%eth0", port: 9632 }],
  ["*:9632", { host: null, port: 9632 }],
])("%s is an address and a port", (text, address) => {
  expect(parseMetricsAddress(text)).toEqual(address);
  expect(showMetricsAddress(address)).toBe(text);
});

test.each([
  ["9632", undefined],
  [":9632", undefined],
  ["http://127.0.0.1:9632", undefined],
  ["127.0.0.1:9632 ", '"9632 " is not a port (1 .. 65535).'],
  ["127.0.0.1", "There is no port."],
  ["*", "There is no port."],
  ["::1:9632", "An IPv6 address stands in brackets, and a port behind it."],
  ["::1", "An IPv6 address stands in brackets, and a port behind it."],
  ["[127.0.0.1]:9632", '"127.0.0.1" is not an IPv6 address.'],
  ["[*]:9632", '"*" is not an IPv6 address.'],
  ["127.0.0.1:0", '"0" is not a port (1 .. 65535).'],
  ["127.0.0.1:65536", '"65536" is not a port (1 .. 65535).'],
  ["127.0.0.1:", '"" is not a port (1 .. 65535).'],
  ["127.0.0.1:http", '"http" is not a port (1 .. 65535).'],
  ["localhost:9632", '"localhost" is not an IP address.'],
  ["127.0.0.256:9632", '"127.0.0.256" is not an IP address.'],
])("%s is refused", (text, detail) => {
  const refused = parseMetricsAddress(text);
  expect(refused).not.toHaveProperty("port");
  expect("detail" in refused ? refused.detail : undefined).toBe(detail);
});

test("whoever writes a name hears which addresses stand for it", () => {
  expect(parseMetricsAddress("localhost:9200")).toHaveProperty(
    "hint",
    'Names are not looked up here: for this machine alone write "127.0.0.1:9200" or "[::1]:9200".',
  );
});
