import { hbaFileRules, identFileMappings } from "@sallyport/policy";
import { readPolicy } from "@sallyport/policy/node";
import type { PolicyReading } from "@sallyport/policy/node";
import { hbaView, identView, profileOfServer, startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { example201, example212, exampleLists } from "./examples.ts";

/** What the documents warn of or forbid, and what PostgreSQL learned after them. */
const oddRules = [
  "local all \\\n  all trust # continued",
  '"local" "all","replication" "all" "trust"',
  "host all all 10.1.2.3/8 trust",
  "host all all 10.0.0.0 /8 trust",
  "host all all 10.0.0.0/ 8 trust",
  'host all all "10.0.0.0/ 8" trust',
  "host all all 10/8 trust",
  "host all all 172.20.143/24 trust",
  "host all all 300.1.1.1 trust",
  "host all all db.example.com/32 trust",
  "host all all fe80::7a31:c1ff:0000:0000/96 trust",
  "local all all 127.0.0.1/32 trust",
  "local all all ident map=m",
  "local all all gss",
  "local all all bsd",
  "host all all all sspi",
  "host all all all peer",
  "host all all all md5 map=m",
  "host all all all md5 clientcert=verify-ca",
  "hostssl all all all md5 clientcert=verify-ca",
  "hostssl all all all md5 clientcert=1",
  "hostgssenc all all all reject",
  "hostnogssenc all all all reject",
  "local all @none trust",
  'local /^a,/b,"/c,d" "/^e f",+/g,/ trust',
  "local all /(a trust",
  'local all "/a**",/[b trust',
  "include none",
];

const oddMappings = [
  "m os ann",
  "m os",
  "m",
  "m os bob and more",
  "m os,so ann",
  'm "o s" \\\n "+x"',
  String.raw`m /^(.*)@mydomain\.com$ \1`,
  String.raw`m "/^(.*), (.*)$" "\1"`,
  "m os /^a",
  "m os /(a",
  "m /[a /a**",
  "m /a,b os",
  "include more",
  "include_if_exists none",
  "include_dir none",
];

describe("the views of PostgreSQL 18 and ours", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.stop();
  });

  test("show the same rows of examples 20.1 and 21.2", async () => {
    for (const [name, text] of Object.entries(exampleLists)) await server.writeFile(name, text);
    await server.writeFile("pg_hba.conf", Object.values(example201).join("\n"));
    await server.writeFile("pg_ident.conf", example212);
    const { hba, ident } = await readServers(server);
    const [rules, mappings] = [await hbaView(server), await identView(server)];
    expect([rules.length, mappings.length]).toEqual([17, 4]);
    expect(hbaFileRules(hba)).toEqual(rules);
    expect(ident && identFileMappings(ident)).toEqual(mappings);
  });

  test("show the same rows of lines that the documents warn of, forbid or did not know", async () => {
    await server.writeFile("more", "m os more\n");
    await server.writeFile("pg_hba.conf", oddRules.join("\n"));
    await server.writeFile("pg_ident.conf", oddMappings.join("\n"));
    const { hba, ident } = await readServers(server);
    const [rules, mappings] = [await hbaView(server), await identView(server)];
    // The missing include_if_exists has no row.
    expect([rules.length, mappings.length]).toEqual([oddRules.length, oddMappings.length - 1]);
    expect(hbaFileRules(hba)).toEqual(rules);
    expect(ident && identFileMappings(ident)).toEqual(mappings);
  });
});

/** What we read of the files that the server has. Its build lacks some methods. */
async function readServers(server: TestPostgres): Promise<PolicyReading> {
  const { paths } = server;
  const profile = profileOfServer(server, { ssl: false });
  return await readPolicy({ hbaFile: paths.hba, identFile: paths.ident, profile });
}
