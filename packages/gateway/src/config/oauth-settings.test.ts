import { describe, expect, it } from "vitest";
import { loadSettings } from "./load-settings.ts";

const missing = { openError: { code: "ENOENT", reason: "No such file or directory" } };

async function load(text: string) {
  const bytes = `upstream = 'host=/run/postgresql'\nupstream_auth = service\n${text}\n`;
  return await loadSettings({
    directory: "/gate",
    overrides: [],
    disk: {
      readFile: async () => await Promise.resolve({ bytes, mode: 0o600 }),
      readDirectory: async () => await Promise.resolve(missing),
    },
  });
}

const jwt = "oauth_validator_libraries = jwt\n";
const introspection = "oauth_validator_libraries = introspection\n";

describe("the settings of validators", () => {
  it.each([
    "oauth_validator_libraries = ''",
    `${jwt}oauth_audience = gate`,
    "oauth_validator_libraries = 'jwt, introspection'\noauth_audience = gate\noauth_introspection_client_id = gate\noauth_introspection_client_secret_file = s",
    `${introspection}oauth_introspection_client_id = gate\noauth_introspection_client_secret_file = s`,
  ])("load: %s", async (text) => {
    expect(await load(text)).toHaveProperty("settings");
  });

  it.each([
    [
      "oauth_validator_libraries = my_validator",
      {
        message: 'invalid value for parameter "oauth_validator_libraries": "my_validator"',
        detail: 'This gateway loads no C modules, and "my_validator" is none of its validators.',
        hint: "Available validators: jwt, introspection.",
      },
    ],
    [
      "oauth_validator_libraries = 'jwt,$libdir/x'\noauth_audience = gate",
      { detail: expect.anything() as string },
    ],
    ["oauth_validator_libraries = 'jwt,,'", { detail: "List syntax is invalid." }],
    ["oauth_validator_libraries = 'JWT'", { detail: expect.stringContaining('"JWT"') as string }],
    [jwt, { message: 'parameter "oauth_audience" must be set: "oauth_validator_libraries" has jwt' }],
    [
      introspection,
      {
        message:
          'parameter "oauth_introspection_client_id" must be set: "oauth_validator_libraries" has introspection',
      },
    ],
    [
      `${introspection}oauth_introspection_client_id = gate`,
      {
        message:
          'parameter "oauth_introspection_client_secret_file" must be set: "oauth_validator_libraries" has introspection',
      },
    ],
    ["oauth_identity_claim = ''", { detail: "It must name a claim." }],
    ["oauth_clock_skew = 301", { message: expect.stringContaining("outside the valid range") as string }],
    ["oauth_token_type = any", { hint: "Available values: at+jwt, jwt." }],
  ])("do not load: %s", async (text, refusal) => {
    expect(await load(text)).toMatchObject({ diagnostics: [refusal] });
  });
});
