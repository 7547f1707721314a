import { utf8Text } from "@sallyport/policy";
import type { DescribedAttempt, Json } from "@sallyport/policy";

/** An attempt in the vocabulary of the tools: what `parseAttempt` reads. */
export function attemptJson({ attempt, hostname }: DescribedAttempt): Json {
  const { user, database, address, ssl, gssenc, replication, systemUser } = attempt;
  return {
    user: utf8Text(user),
    ...(database === undefined ? {} : { database: utf8Text(database) }),
    address: address ?? null,
    ssl: ssl ?? false,
    gssenc: gssenc ?? false,
    replication: replication ?? false,
    ...(hostname ? { hostname: hostname.name === null ? null : utf8Text(hostname.name) } : {}),
    ...(systemUser === undefined ? {} : { system_user: utf8Text(systemUser) }),
  };
}
