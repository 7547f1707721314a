import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hbaFileRules } from "../views.ts";
import { readPolicy } from "./read-policy.ts";

test("a RADIUS server at an address of no interface here has no address, as PostgreSQL 18 finds", async () => {
  const room = await mkdtemp(join(tmpdir(), "sallyport-"));
  try {
    const hbaFile = join(room, "pg_hba.conf");
    await writeFile(hbaFile, "local all all radius radiusservers=fe80::1%nosuch radiussecrets=x\n");
    const { hba } = await readPolicy({ hbaFile, resolveHosts: true });
    expect(hba.problems.map(({ text }) => text)).toEqual([
      'could not translate RADIUS server name "fe80::1%nosuch" to address: Name or service not known',
    ]);
    expect(hbaFileRules(hba)).toMatchObject([{ rule_number: 1, type: null, error: null }]);
  } finally {
    await rm(room, { recursive: true });
  }
});
