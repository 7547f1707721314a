import type { ValueError } from "./setting.ts";
import type { Settings } from "./settings-table.ts";

/** What no setting says by itself: whether they go together. In the words of a server; null: they do. */
export function checkTogether(settings: Settings): ValueError | null {
  const { max_connections: all, superuser_reserved_connections, reserved_connections } = settings;
  if (superuser_reserved_connections + reserved_connections < all) return null;
  const reserved = `"superuser_reserved_connections" (${superuser_reserved_connections}) plus "reserved_connections" (${reserved_connections})`;
  return { message: `${reserved} must be less than "max_connections" (${all})` };
}
