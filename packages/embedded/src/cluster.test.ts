import { describe, expect, test } from "vitest";
import { identToken } from "./cluster.ts";

describe("an OS user's name in pg_ident.conf", () => {
  test.each([
    ["root", "root"],
    ["www-data", "www-data"],
    ["a b", '"a b"'],
    ["#x", '"#x"'],
    ["DOM\\eve", '"DOM\\eve"'],
    ['q"q', '"q""q"'],
  ])("%s is written %s", (name, token) => {
    expect(identToken(name)).toBe(token);
  });

  test.each(["", "/^.*$", "a\nb"])("%j is refused, as it would mean something else", (name) => {
    expect(() => identToken(name)).toThrow(expect.objectContaining({ code: "no_unprivileged_user" }));
  });
});
