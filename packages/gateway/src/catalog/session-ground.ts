import { hash } from "node:crypto";

/** What a session upstream depends on beside its startup packet, as the catalogue says it at a login. */
export interface SessionGround {
  /** Of all that the catalogue says of role and database, secret and settings among it: equal if nothing has changed. */
  readonly fingerprint: string;
  /**
   * A session that is used again has all that a new one would get, and nothing else: nothing happens at a login that DISCARD ALL does
   * not repeat, and the role can start nothing that it does not end.
   */
  readonly reusable: boolean;
  /** Rows 9 to 18 of PostgreSQL's checks behind the method pass, but for limits on numbers. */
  readonly admits: boolean;
}

/** All else that the login's row says. */
interface Standing {
  readonly canLogIn: boolean;
  readonly superuser: boolean;
  readonly reserved: boolean;
  /** Digits and commas. */
  readonly memberOf: string;
  readonly secret: string | null;
}

/** A database that is left half dropped. */
const invalidDatabase = "-2";

/** Settings that DISCARD ALL does not bring back: `SET ROLE` of a new session comes from them. */
const lostSettings = /(?:^|["{,])(?:role|session_authorization)=/i;

/** @param columns those of the login statement that are about sessions, in their order */
export function sessionGround(
  columns: readonly (string | null)[],
  { canLogIn, superuser, reserved, memberOf, secret }: Standing,
): SessionGround {
  const [role, , roleLimit, database, allows, databaseLimit, mayConnect, trigger, traces, settings] = columns;
  const exist = (role ?? null) !== null && (database ?? null) !== null;
  return {
    // Nothing before the secret has a blank in it, so that no two rows are the same text.
    fingerprint: hash(
      "sha256",
      `${columns.join(" ")} ${canLogIn} ${superuser} ${reserved} ${memberOf} ${secret === null} ${secret}`,
      "base64",
    ),
    reusable: exist && trigger !== "t" && traces !== "t" && !hasLostSettings(settings),
    admits:
      exist &&
      canLogIn &&
      (superuser || (roleLimit !== "0" && databaseLimit !== "0")) &&
      allows === "t" &&
      databaseLimit !== invalidDatabase &&
      mayConnect === "t",
  };
}

/** Each setting is `database:role:hexadecimal digits of the array`. */
function hasLostSettings(settings: string | null | undefined): boolean {
  if (settings == null) return false;
  return settings.split(",").some((entry) => {
    const hex = entry.slice(entry.lastIndexOf(":") + 1);
    return lostSettings.test(Buffer.from(hex, "hex").toString("latin1"));
  });
}
