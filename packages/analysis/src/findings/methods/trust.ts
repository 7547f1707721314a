import type { RuleFinder } from "../source.ts";
import { reachOf } from "./reach.ts";

/** Lines that believe the client, or its machine. */
export const findTrust: RuleFinder = (rule, say) => {
  const { method, type, options, columns } = rule;
  if (method !== "trust" && method !== "ident") return;
  const reach = reachOf(rule);
  if (method === "ident") {
    if (reach !== "remote") return;
    const message = "the machine of the client says who its user is, and nobody checks it";
    say("ident-remote", columns.method, message);
    return;
  }
  // The certificate says who it is.
  if (options.clientcert === "verify-full") return;
  const believed = type === "hostgssenc" ? "whoever has a ticket and comes" : "whoever comes";
  if (reach === "remote") {
    const message = `${believed} from there is let in as any role that the line names`;
    say("trust-remote", columns.method, message, {
      hint: "Use scram-sha-256, or another method that proves something.",
    });
    return;
  }
  const where = reach === "socket" ? "may open the socket" : "is on this machine";
  const better = reach === "socket" ? "peer" : "scram-sha-256";
  say("trust-local", columns.method, `whoever ${where} is let in as any role that the line names`, {
    hint: `Use ${better}, unless that is meant.`,
  });
};
