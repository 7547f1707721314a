import { describe, expect, test } from "vitest";
import { hbaRows, load, read, verdict } from "./support.ts";

describe("methods", () => {
  test("every method of the list is read where it may stand", async () => {
    const anywhere = ["trust", "reject", "scram-sha-256", "md5", "password", "ident", "pam"];
    const lines = anywhere.map((method) => `host all all all ${method}`);
    const special = [
      "host all all all gss",
      "local all all peer",
      "hostssl all all all cert",
      "host all all all ldap ldapserver=l ldapprefix=x",
      "host all all all radius radiusservers=127.0.0.1 radiussecrets=x",
    ];
    const { policy } = await read({ "pg_hba.conf": [...lines, ...special].join("\n") });
    expect(policy?.rules.map(({ method }) => method)).toEqual([
      ...anywhere,
      "gss",
      "peer",
      "cert",
      "ldap",
      "radius",
    ]);
  });

  test("sspi and bsd are words that a server built for Linux refuses", async () => {
    expect(await hbaRows("host all all all sspi\nlocal all all bsd")).toEqual([
      'error: invalid authentication method "sspi": not supported by this build',
      'error: invalid authentication method "bsd": not supported by this build',
    ]);
  });

  test("gss is for TCP only", async () => {
    expect(await hbaRows("local all all gss")).toEqual([
      "error: gssapi authentication is not supported on local sockets",
    ]);
  });

  test("ident on a local line is peer", async () => {
    expect(await hbaRows("local all all ident map=m\nhost all all all ident map=m")).toEqual([
      "local all all peer map=m",
      "host all all all ident map=m",
    ]);
  });

  test("ident and peer hold the name of the system against that of the role", async () => {
    const policy = await load("local all all peer\nhost all all all ident");
    for (const address of [null, "10.0.0.1"]) {
      const ann = { user: "ann", address };
      expect(verdict(policy, { ...ann, systemUser: "ann" })).toMatch(/^(?:peer|ident) by line/);
      expect(verdict(policy, { ...ann, systemUser: "bob" })).toMatch(/^refused by line/);
    }
  });
});

describe("clientcert", () => {
  test("stands on hostssl lines only, with any method", async () => {
    expect(
      await hbaRows(
        "hostssl all all all md5 clientcert=verify-ca\nhost all all all md5 clientcert=verify-ca",
      ),
    ).toEqual([
      "hostssl all all all md5 clientcert=verify-ca",
      'error: clientcert can only be configured for "hostssl" rows',
    ]);
  });

  test("is verify-ca or verify-full; the 1 of version 10 keeps the file from loading", async () => {
    const { policy, problems } = await read({ "pg_hba.conf": "hostssl all all all md5 clientcert=1" });
    expect(policy).toBeNull();
    expect(problems).toMatchObject([{ severity: "error", text: 'invalid value for clientcert: "1"' }]);
  });
});
