import { describe, expect, it } from "vitest";
import { holdsSecret, maskConninfo } from "./secrets.ts";

describe("a connection string", () => {
  it.each([
    ["embedded", "embedded"],
    ["host=db user=u", "host=db user=u"],
    ["host=db passfile=/p user=u", "host=db passfile=/p user=u"],
    ["host=db password=hunter2 user=u", "host=db password=*** user=u"],
    ["password = hunter2", "password = ***"],
    ["password='a b\\'hunter2' user=u", "password=*** user=u"],
    ["user='a'password=hunter2", "user='a'password=***"],
    ["a='xpassword='  password='b hunter2'", "a='xpassword='  password=***"],
    ["password=a\\ hunter2 user=u", "password=*** user=u"],
    ["password=", "password="],
    ["sslpassword=hunter2", "sslpassword=***"],
    ["password='hunter2", "***"],
    ["hunter2 host", "***"],
    ["postgresql://u@db/d", "postgresql://u@db/d"],
    ["postgresql://db:5432/d?user=a@b", "postgresql://db:5432/d?user=a@b"],
    ["postgresql://u:hunter2@db/d", "postgresql://u:***@db/d"],
    ["postgres://u:hunter2?x@db", "postgres://u:***@db"],
    ["postgresql://db/d?user=u&password=hunter2&port=1", "postgresql://db/d?user=u&password=***&port=1"],
    ["postgresql://db?p%61ssword=hunter2", "postgresql://db?p%61ssword=***"],
  ])("%s", (conninfo, masked) => {
    expect(maskConninfo(conninfo)).toBe(masked);
    expect(holdsSecret(conninfo)).toBe(masked !== conninfo);
  });
});
