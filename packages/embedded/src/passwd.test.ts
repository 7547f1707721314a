import { describe, expect, test } from "vitest";
import { namespaceUser, parsePasswd } from "./passwd.ts";

const passwd = parsePasswd(
  [
    "root:x:0:0::/root:/bin/sh",
    "daemon:x:1:1::/:/bin/false",
    "nobody:x:65534:65534::/:",
    "",
    "# no entry",
  ].join("\n"),
);

test("passwd lines give name, uid and gid; other lines give nothing", () => {
  expect(passwd).toEqual([
    { name: "root", uid: 0, gid: 0 },
    { name: "daemon", uid: 1, gid: 1 },
    { name: "nobody", uid: 65534, gid: 65534 },
  ]);
});

describe("the user that root looks like in a user namespace", () => {
  test("is user 1", () => {
    expect(namespaceUser(passwd, 65534)?.name).toBe("daemon");
  });

  test("is never root, nor the one that all strangers look like", () => {
    const few = passwd.filter((entry) => entry.uid !== 1);
    expect(namespaceUser(few, 65534)).toBeUndefined();
  });

  test("is never another entry under the strangers' name", () => {
    const twice = [...passwd.filter((entry) => entry.uid !== 1), { name: "nobody", uid: 99, gid: 99 }];
    expect(namespaceUser(twice, 65534)).toBeUndefined();
  });

  test("may be any other user where user 1 has no entry", () => {
    const other = [...passwd.filter((entry) => entry.uid !== 1), { name: "app", uid: 500, gid: 500 }];
    expect(namespaceUser(other, 65534)?.name).toBe("app");
  });
});
