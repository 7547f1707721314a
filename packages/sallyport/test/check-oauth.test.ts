import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkRoom } from "./check-room.ts";

const room = checkRoom();
const { findings, makeGate } = room;

const line = (issuer: string, more = ""): string =>
  `host all all all oauth issuer=${issuer} scope=postgres ${more}\n`;
const jwt = "oauth_validator_libraries = jwt\noauth_audience = gate\n";

describe("issuers of tokens", () => {
  test("nothing is found where all is well", async () => {
    expect(await findings(await makeGate({ conf: jwt, hba: line("https://i.example") }))).toEqual([]);
  });

  test("oauth-refused: an issuer that is not asked", async () => {
    const hba = line("https://i.example") + line("http://i.example");
    expect(await findings(await makeGate({ conf: jwt, hba }))).toEqual([
      expect.stringMatching(/^oauth-refused 2:24 "http:.*is refused: an issuer is asked by https only\.$/),
    ]);
  });

  test("hba-not-enforceable: two issuers that would be shown one secret", async () => {
    const conf = `oauth_validator_libraries = introspection
oauth_audience = gate
oauth_introspection_client_id = gate
oauth_introspection_client_secret_file = 'client.secret'
`;
    const directory = await makeGate({ conf, hba: line("https://a.example") + line("https://b.example") });
    await writeFile(join(directory, "client.secret"), "secret\n", { mode: 0o600 });
    expect(await findings(directory)).toEqual([
      'hba-not-enforceable 2:24 validator "introspection" cannot ask issuer "https://b.example", since line 1 of "GATE/pg_hba.conf" has it ask issuer "https://a.example"',
    ]);
  });

  test("oauth-no-audience: tokens for others are taken, too", async () => {
    const conf = `oauth_validator_libraries = introspection
oauth_introspection_client_id = gate
oauth_introspection_client_secret_file = 'client.secret'
`;
    const directory = await makeGate({ conf, hba: line("https://i.example") });
    await writeFile(join(directory, "client.secret"), "secret\n", { mode: 0o600 });
    expect(await findings(directory)).toEqual([
      "oauth-no-audience 1:18 oauth_audience is empty: a token for any other service is taken, too",
    ]);
  });

  test("oauth-refused: a file that cannot be used", async () => {
    const conf = `oauth_validator_libraries = introspection
oauth_audience = gate
oauth_introspection_client_id = gate
oauth_introspection_client_secret_file = 'client.secret'
oauth_ca_file = 'issuers.crt'
`;
    const gate = await makeGate({ conf, hba: line("https://i.example") });
    const [secret, authorities] = [join(gate, "client.secret"), join(gate, "issuers.crt")];
    const refused = (words: string) => `oauth-refused ${words}`;
    expect(await findings(gate)).toEqual([
      refused('Could not open file "GATE/issuers.crt": No such file or directory.'),
      refused('Could not open file "GATE/client.secret": No such file or directory.'),
    ]);
    await writeFile(secret, "\n", { mode: 0o600 });
    await writeFile(authorities, "nothing");
    expect(await findings(gate)).toEqual([
      refused('File "GATE/issuers.crt" holds no certificate.'),
      refused('Secret file "GATE/client.secret" is empty.'),
    ]);
    await writeFile(secret, "secret\n");
    await chmod(secret, 0o640);
    expect(await findings(gate)).toContain(
      refused('Secret file "GATE/client.secret" has group or world access.'),
    );
  });
});
