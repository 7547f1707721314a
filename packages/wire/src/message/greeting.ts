/** What a server says between AuthenticationOk and ReadyForQuery, or the error that stands there instead. */
import type { ErrorField } from "../errors.ts";
import { encodeNoticeResponse } from "./error-response.ts";
import { encodeBackendKeyData, encodeParameterStatus } from "./session.ts";
import type { BackendKey, ParameterStatus } from "./session.ts";

export type Greeting =
  | { readonly kind: "parameter"; readonly parameter: ParameterStatus }
  | { readonly kind: "key"; readonly key: BackendKey }
  | { readonly kind: "notice"; readonly fields: readonly ErrorField[] };

export function encodeGreeting(greeting: Greeting): Buffer {
  switch (greeting.kind) {
    case "parameter":
      return encodeParameterStatus(greeting.parameter);
    case "key":
      return encodeBackendKeyData(greeting.key);
    case "notice":
      return encodeNoticeResponse(greeting.fields);
  }
}
