import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { radius } from "@sallyport/methods";
import type { RadiusCall } from "@sallyport/methods";
import { formatIp } from "@sallyport/policy";
import { systemReason } from "../../log/system-reason.ts";
import type { Asker, Resolver } from "../../resolver/index.ts";
import type { RunMethod } from "./login.ts";
import { serviceCallOf } from "./service-call.ts";

export const runRadius: RunMethod = async (login, gate, rule) => {
  return await radius({
    ...serviceCallOf(login, gate, rule),
    requireMessageAuthenticator: gate.settings.radius_require_message_authenticator,
    random: randomBytes,
    addressesOf: addressesBy(gate.resolver, login.asker),
    reasonOf: systemReason,
  });
};

function addressesBy(resolver: Resolver, asker: Asker): RadiusCall["addressesOf"] {
  return async (name) => {
    // The zone of a link-local address is part of it; the resolver tells none.
    if (isIP(name) !== 0) return { addresses: [name] };
    const answer = await resolver.addressesOf(name, asker);
    return "failure" in answer
      ? { failure: answer.failure.words }
      : { addresses: answer.addresses.map(formatIp) };
  };
}
