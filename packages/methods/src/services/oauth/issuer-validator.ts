import type { Bytes } from "@sallyport/policy";
import type { TokenQuestion, TokenValidator, TokenVerdict } from "../../oauth/validator.ts";
import { IssuerFault } from "./issuer-fault.ts";

/** A validator that depends on an issuer: what is wrong with that is a fault, and no verdict on the token. */
export function issuerValidator(
  name: string,
  judge: (token: Bytes, question: TokenQuestion) => Promise<TokenVerdict>,
): TokenValidator {
  return {
    name,
    validate: async (token, question) => {
      try {
        return await judge(token, question);
      } catch (error) {
        if (!(error instanceof IssuerFault)) throw error;
        return { kind: "fault", detail: error.message };
      }
    },
  };
}
