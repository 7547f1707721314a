import { parseNameList } from "@sallyport/policy";
import type { ValueError } from "./setting.ts";
import type { Settings } from "./settings-table.ts";

/** What no setting says by itself: whether they go together. In the words of a server; null: they do. */
export function checkTogether(settings: Settings): ValueError | null {
  const { max_connections: all, superuser_reserved_connections, reserved_connections } = settings;
  if (superuser_reserved_connections + reserved_connections < all)
    return checkPool(settings) ?? checkSource(settings) ?? checkOauth(settings);
  const reserved = `"superuser_reserved_connections" (${superuser_reserved_connections}) plus "reserved_connections" (${reserved_connections})`;
  return { message: `${reserved} must be less than "max_connections" (${all})` };
}

function checkPool({ lazy_upstream, pool_mode }: Settings): ValueError | null {
  if (!lazy_upstream || pool_mode !== "off") return null;
  const hint = "A session is opened later only if one like it is open, which pooling keeps.";
  return { message: '"lazy_upstream" is on, and "pool_mode" is off', hint };
}

function checkSource({
  auth_source,
  auth_query,
  auth_file,
  upstream,
  upstream_auth,
}: Settings): ValueError | null {
  if (auth_source === "query" && auth_query === "") {
    return { message: 'parameter "auth_query" must be set: "auth_source" is query' };
  }
  if (auth_source === "file" && auth_file === "") {
    return { message: 'parameter "auth_file" must be set: "auth_source" is file' };
  }
  if (auth_source === "upstream" && upstream_auth !== "passthrough") {
    const message = '"auth_source" is upstream, and "upstream_auth" is not passthrough';
    return { message, hint: "The upstream can judge a password only if it is passed on." };
  }
  if (auth_source === "upstream" && upstream === "embedded") {
    const message = '"auth_source" is upstream, and "upstream" is embedded';
    return { message, hint: "An embedded PostgreSQL asks for no password, and so judges none." };
  }
  return null;
}

/** What a validator cannot do without. */
function checkOauth(settings: Settings): ValueError | null {
  const { oauth_introspection_client_id: id, oauth_introspection_client_secret_file: secret } = settings;
  const validators = parseNameList(settings.oauth_validator_libraries) ?? [];
  if (validators.includes("jwt") && settings.oauth_audience === "") {
    const hint = "A token that was issued for somebody else must not let anybody in here.";
    return { ...mustBeSet("oauth_audience", "jwt"), hint };
  }
  if (!validators.includes("introspection")) return null;
  if (id === "") return mustBeSet("oauth_introspection_client_id", "introspection");
  return secret === "" ? mustBeSet("oauth_introspection_client_secret_file", "introspection") : null;
}

function mustBeSet(name: string, validator: string): ValueError {
  return { message: `parameter "${name}" must be set: "oauth_validator_libraries" has ${validator}` };
}
