/** A network, 127.0.N.0/24, whose clients come to lines of one kind. */
export interface Door {
  readonly network: number;
  /** The type of the line, if it must be this one. */
  readonly type?: "hostssl" | "hostnossl";
  /** With options; none: there is no line, and nobody is meant to get in. */
  readonly method?: string;
}

type Plain = "trust" | "password" | "md5" | "scram-sha-256" | "reject";

export type LoginDoor =
  | Plain
  | "no entry"
  | "TLS only"
  | "no TLS"
  | "cert"
  | "cert by map"
  | "cert by DN"
  | "cert by DN alone"
  /** Whose clients must have a certificate. */
  | `${Plain}, verified`
  /** Whose clients must have one of their role. */
  | `${Exclude<Plain, "reject">}, named`
  | "scram-sha-256, named by DN";

export const loginDoors: Readonly<Record<LoginDoor, Door>> = {
  trust: { network: 1, method: "trust" },
  password: { network: 2, method: "password" },
  md5: { network: 3, method: "md5" },
  "scram-sha-256": { network: 4, method: "scram-sha-256" },
  reject: { network: 5, method: "reject" },
  "no entry": { network: 9 },
  "TLS only": { network: 10, type: "hostssl", method: "scram-sha-256" },
  "no TLS": { network: 11, type: "hostnossl", method: "scram-sha-256" },
  cert: certificate(12, "cert"),
  "cert by map": certificate(13, "cert map=shown"),
  "cert by DN": certificate(14, "cert clientname=DN map=shown"),
  "cert by DN alone": certificate(15, "cert clientname=DN"),
  "trust, verified": certificate(20, "trust clientcert=verify-ca"),
  "password, verified": certificate(21, "password clientcert=verify-ca"),
  "md5, verified": certificate(22, "md5 clientcert=verify-ca"),
  "scram-sha-256, verified": certificate(23, "scram-sha-256 clientcert=verify-ca"),
  "reject, verified": certificate(24, "reject clientcert=verify-ca"),
  "trust, named": certificate(30, "trust clientcert=verify-full"),
  "password, named": certificate(31, "password clientcert=verify-full"),
  "md5, named": certificate(32, "md5 clientcert=verify-full"),
  "scram-sha-256, named": certificate(33, "scram-sha-256 clientcert=verify-full"),
  "scram-sha-256, named by DN": certificate(34, "scram-sha-256 clientcert=verify-full clientname=DN"),
};

function certificate(network: number, method: string): Door {
  return { network, type: "hostssl", method };
}
