import { utf8Text } from "@sallyport/policy";
import type { Attempt, Bytes, Dependency, Json } from "@sallyport/policy";
import type { Point } from "./point.ts";
import { attemptAt } from "./world.ts";

/** A connection as people ask about it: the answer of `explain` for it is the one that it is a witness of. */
export interface Witness {
  readonly attempt: Attempt;
  /** The client's verified name; null: it has none. Absent: it does not matter. */
  readonly hostname?: Bytes | null;
}

/** @param dependsOn what the answer depends on: the client's name is told if it matters */
export function witnessOf(point: Point, dependsOn: readonly Dependency[]): Witness {
  const attempt = attemptAt(point);
  const isNamed = point.address !== null && dependsOn.some(({ fact }) => fact === "hostname");
  return isNamed ? { attempt, hostname: point.hostname } : { attempt };
}

/** The form in which `explain --batch` takes it. */
export function witnessJson({ attempt, hostname }: Witness): Json {
  const { user, database, address = null, ssl = false, gssenc = false, replication = false } = attempt;
  return {
    user: utf8Text(user),
    ...(database === undefined ? {} : { database: utf8Text(database) }),
    address,
    ssl,
    gssenc,
    replication,
    ...(hostname === undefined ? {} : { hostname: hostname && utf8Text(hostname) }),
    ...(attempt.systemUser === undefined ? {} : { system_user: utf8Text(attempt.systemUser) }),
  };
}
