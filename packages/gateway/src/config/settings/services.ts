import type { Bytes } from "@sallyport/policy";
import type { SettingRows } from "../setting.ts";
import { oauthSettings } from "./oauth.ts";
import type { OauthSettings } from "./oauth.ts";

/** The methods that have somebody else judge the client. */
export interface ServiceSettings extends OauthSettings {
  readonly auth_service_limit: number;
  readonly auth_service_queue: number;
  readonly radius_require_message_authenticator: boolean;
  readonly krb_server_keyfile: Bytes;
  readonly krb_caseins_users: boolean;
  readonly gss_accept_delegation: boolean;
}

const delegation = "credentials that a client delegates serve nobody here";

export const serviceSettings: SettingRows<ServiceSettings> = {
  auth_service_limit: {
    type: "integer",
    min: 1,
    max: 262_143,
    default: "16",
    context: "sighup",
    whose: "sallyport",
    description:
      "The most logins that one outside service (an LDAP, RADIUS or ident server, PAM, the issuer of a token) is asked about at a time.",
  },
  auth_service_queue: {
    type: "integer",
    min: 0,
    max: 262_143,
    default: "256",
    context: "sighup",
    whose: "sallyport",
    description:
      "The most logins that wait for their turn at one such service; whoever comes when as many do is refused at once.",
  },
  radius_require_message_authenticator: {
    type: "bool",
    default: "on",
    context: "sighup",
    whose: "sallyport",
    description:
      "Whether an answer of a RADIUS server counts only with a Message-Authenticator. Off: also without, as in PostgreSQL; whoever is on the way can then forge it (CVE-2024-3596).",
  },
  krb_server_keyfile: {
    type: "string",
    default: "FILE:/etc/postgresql-common/krb5.keytab",
    context: "sighup",
    whose: "postgresql",
    description:
      "The keytab with the keys of the service, any of which clients may have tickets for; `''` is the GSSAPI library's own default. Without one `gss` fails, and GSSAPI encryption is not offered.",
  },
  krb_caseins_users: {
    type: "bool",
    default: "off",
    context: "sighup",
    whose: "postgresql",
    description: "Whether names of GSSAPI users are compared without regard to case.",
  },
  gss_accept_delegation: {
    type: "bool",
    default: "off",
    only: { value: "off", reason: delegation },
    context: "sighup",
    whose: "postgresql",
    description: "Whether credentials are accepted that a GSSAPI client delegates.",
  },
  ...oauthSettings,
};
