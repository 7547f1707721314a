import { utf8Bytes } from "@sallyport/policy";
import type { Bytes, HbaOptions } from "@sallyport/policy";
import { Proof } from "@sallyport/wire";
import { losesCharacters } from "./ldap-name.ts";
import type { MethodOutcome } from "./outcome.ts";
import { receivePassword } from "./receive-password.ts";
import type { ServiceCall } from "./service-call.ts";
import {
  discoveredServers,
  domainOf,
  inOrder,
  LdapFailure,
  ldapLimits,
  LdapSession,
  parseFilter,
  serverList,
} from "./services/ldap/index.ts";
import type { LdapLimits, LdapServer, LdapTrust, ServiceRecord } from "./services/ldap/index.ts";

export interface LdapCall extends ServiceCall {
  readonly network: LdapNetwork;
  /** The found entry is bound as on the connection of the search, as from PostgreSQL 17 on, and not on a new one. */
  readonly rebinds: boolean;
  /** The log shows what the server says about a failure, as from PostgreSQL 11 on. */
  readonly showsDiagnostics: boolean;
}

/** What is outside of the machine, and whom there to trust. */
export interface LdapNetwork {
  /** In the order to try them; none: the name has none, or could not be looked up. */
  readonly addressesOf: (host: Bytes) => Promise<readonly string[]>;
  /** The SRV records of a name; none: it has none, or could not be looked up. */
  readonly servicesOf: (name: Bytes) => Promise<readonly ServiceRecord[]>;
  readonly trust: () => Promise<LdapTrust>;
  /** A whole number from 0 to below the limit. */
  readonly random: (limit: number) => number;
  /** Default: `ldapLimits`. */
  readonly limits?: LdapLimits;
}

/** Bytes of what a server says that the log takes. */
const longestDiagnostics = 1024;

const invalidCharacter = "invalid character in user name for LDAP authentication";

/** Why nobody is let in, when the log already has the reason. */
class Logged extends Error {}

/**
 * The method `ldap` (manual, 20.10): a directory judges the password, by a simple bind with it.
 *
 * Names that would turn the DN of the bind into another one, or be found as another one, are refused, where PostgreSQL sends
 * them as they are.
 */
export async function ldap(call: LdapCall): Promise<MethodOutcome> {
  const { exchange, options, turns, log, role, passOn } = call;
  const { ldapServer = "", ldapBaseDn = "" } = options;
  if (ldapServer === "" && ldapBaseDn === "") {
    log("LDAP server not specified, and no ldapbasedn");
    return { kind: "failed", reason: null };
  }
  exchange.request({ kind: "cleartext_password" });
  const password = await receivePassword(exchange);
  if (password === null) return { kind: "gone" };
  const service = ldapServer === "" ? `the LDAP servers of "${ldapBaseDn}"` : `LDAP server "${ldapServer}"`;
  try {
    const dn = await turns.take(service, async () => await new Login(call, role, password).run());
    const proof = passOn ? new Proof({ password }) : undefined;
    return { kind: "proved", identity: dn, last: null, proof };
  } catch (error) {
    if (!(error instanceof Logged)) throw error;
    return { kind: "failed", reason: null };
  }
}

/** One login, from the search for a server to the last bind. */
class Login {
  readonly #call: LdapCall;
  readonly #options: HbaOptions;
  readonly #role: Bytes;
  readonly #password: Bytes;
  /** As the log calls it. */
  readonly #server: Bytes;

  constructor(call: LdapCall, role: Bytes, password: Bytes) {
    this.#call = call;
    this.#options = call.options;
    this.#role = role;
    this.#password = password;
    this.#server = call.options.ldapServer ?? "";
  }

  /** The DN that the password is right for. @throws {Logged} */
  async run(): Promise<Bytes> {
    const servers = await this.#servers();
    const { network, signal, rebinds } = this.#call;
    const sessions: LdapSession[] = [];
    const open = async (): Promise<LdapSession> => {
      const session = new LdapSession(servers, { limits: ldapLimits, ...network }, signal);
      sessions.push(session);
      if (this.#options.ldapTls === true) {
        await this.#or("could not start LDAP TLS session", async () => await session.startTls());
      }
      return session;
    };
    try {
      let session = await open();
      const { ldapBaseDn, ldapPrefix = "", ldapSuffix = "" } = this.#options;
      let dn = `${ldapPrefix}${this.#role}${ldapSuffix}`;
      if (ldapBaseDn === undefined) this.#checkDnPart();
      else {
        dn = await this.#find(session, ldapBaseDn);
        if (!rebinds) {
          session.unbind();
          session = await open();
        }
      }
      if (dn === "") {
        // To a server a bind without a name is an anonymous one, whatever the password.
        this.#fail("LDAP authentication without a DN is not supported");
      }
      const words = `LDAP login failed for user "${dn}" on server "${this.#server}"`;
      await this.#or(words, async () => await session.bind(dn, this.#password));
      session.unbind();
      return dn;
    } finally {
      for (const session of sessions) session.close();
    }
  }

  async #servers(): Promise<readonly LdapServer[]> {
    const { network } = this.#call;
    const { ldapServer = "", ldapBaseDn = "" } = this.#options;
    let records: readonly ServiceRecord[] = [];
    if (ldapServer === "") {
      const domain = domainOf(ldapBaseDn);
      if (domain === null) this.#fail("could not extract domain name from ldapbasedn");
      records = inOrder(await network.servicesOf(`_ldap._tcp.${domain}`), network.random);
      if (records.length === 0) {
        this.#fail(`LDAP authentication could not find DNS SRV records for "${domain}"`, {
          hint: "Set an LDAP server name explicitly.",
        });
      }
    }
    return await this.#or("could not initialize LDAP", () =>
      ldapServer === "" ? discoveredServers(records, this.#options) : serverList(this.#options),
    );
  }

  /** Looks for the one entry that is the user's. @throws {Logged} */
  async #find(session: LdapSession, base: Bytes): Promise<Bytes> {
    const { ldapBindDn = "", ldapBindPasswd = "", ldapScope: scope = 2 } = this.#options;
    const role = this.#role;
    if (/[*()\\/]/.test(role)) this.#fail(invalidCharacter);
    this.#checkName();
    const initial = `could not perform initial LDAP bind for ldapbinddn "${ldapBindDn}" on server "${this.#server}"`;
    await this.#or(initial, async () => await session.bind(ldapBindDn, ldapBindPasswd));
    const filter = this.#filter();
    const { first, count } = await this.#or(
      `could not search LDAP for filter "${filter}" on server "${this.#server}"`,
      async () => await session.search({ base, scope, filter: parseFilter(filter) }),
    );
    const returned = `LDAP search for filter "${filter}" on server "${this.#server}" returned`;
    if (first === null) {
      this.#fail(`LDAP user "${role}" does not exist`, { detail: `${returned} no entries.` });
    }
    if (count > 1) {
      this.#fail(`LDAP user "${role}" is not unique`, { detail: `${returned} ${count} entries.` });
    }
    return first;
  }

  #filter(): Bytes {
    const { ldapSearchFilter, ldapSearchAttribute = "uid" } = this.#options;
    if (ldapSearchFilter === undefined) return `(${ldapSearchAttribute}=${this.#role})`;
    return ldapSearchFilter.replaceAll("$username", () => this.#role);
  }

  /** What stands for something else in a DN (RFC 4514, 2.4), or is left out at an edge. @throws {Logged} */
  #checkDnPart(): void {
    if (/[,+"\\<>;=\0]|^[ #]| $/.test(this.#role)) {
      this.#fail(invalidCharacter, {
        detail: `The name "${this.#role}" would not stay one value of the DN.`,
      });
    }
    this.#checkName();
  }

  /** What a directory takes for somebody else's name. @throws {Logged} */
  #checkName(): void {
    if (!losesCharacters(this.#role)) return;
    const detail = `The name "${this.#role}" has a control character, or white space at an edge.`;
    this.#fail(invalidCharacter, { detail });
  }

  /** @throws {Logged} the work failed, and the log says why */
  async #or<T>(words: Bytes, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LdapFailure)) throw error;
      const { diagnostics } = error;
      const shown = this.#call.showsDiagnostics && diagnostics !== null;
      const more = shown ? { detail: `LDAP diagnostics: ${diagnostics.slice(0, longestDiagnostics)}` } : {};
      this.#fail(`${words}: ${error.words}`, more);
    }
  }

  #fail(message: Bytes, more: { readonly detail?: Bytes; readonly hint?: Bytes } = {}): never {
    this.#call.log(message, more);
    throw new Logged(utf8Bytes("the log has the reason"));
  }
}
