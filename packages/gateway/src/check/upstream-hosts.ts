import { utf8Text } from "@sallyport/policy";
import type { Place } from "@sallyport/policy";
import { connect, describeHost } from "@sallyport/wire";
import type { Client, ConnectionOptions, HostTarget } from "@sallyport/wire";
import { finding, textOf } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";
import { upstreamSurroundings } from "../upstream/surroundings.ts";

/** Milliseconds for a host to let us in, and for it to answer. */
export const answerWithin: number = 10_000;

export interface UpstreamWishes {
  /** Major version as which the two files are read. */
  readonly version: number;
  /** Sessions at a time, of clients. */
  readonly maxConnections: number;
  /** Of the connection string. */
  readonly place: Place | null;
}

/** What a host said of itself; or why it said nothing. */
type Answer =
  | { readonly failure: string }
  | { readonly version: string; readonly slots: number | null; readonly reserved: number };

/** Asks each host by itself, as the role of the catalogue, and changes nothing there. */
export async function checkHosts(
  options: ConnectionOptions,
  wishes: UpstreamWishes,
): Promise<{ readonly findings: readonly Finding[]; readonly answers: boolean }> {
  const asked = await Promise.all(
    options.hosts.map(async (host) => ({ host, answer: await askHost(options, host) })),
  );
  const answers = asked.some(({ answer }) => !("failure" in answer));
  const findings = asked.flatMap(({ host, answer }) => findingsOf(host, answer, answers, wishes));
  return { findings, answers };
}

async function askHost(options: ConnectionOptions, host: HostTarget): Promise<Answer> {
  // Whatever this server is: which one a session needs is for the catalogue session to find.
  const settings = new Map(options.settings).set("target_session_attrs", "any");
  try {
    const asked: ConnectionOptions = {
      ...options,
      hosts: [host],
      settings,
      parameters: [["application_name", "sallyport check"]],
      connectTimeout: options.connectTimeout ?? answerWithin,
    };
    const client = await connect(asked, {}, undefined, upstreamSurroundings);
    try {
      return await askClient(client);
    } finally {
      await client.close();
    }
  } catch (error) {
    return { failure: textOf(error) };
  }
}

/** The second of the two reserved numbers came with 16. */
const limits = `
select pg_catalog.current_setting('max_connections'),
       pg_catalog.current_setting('superuser_reserved_connections'),
       pg_catalog.current_setting('reserved_connections', true)`;

async function askClient(client: Client): Promise<Answer> {
  const { rows } = await client.query(limits, [], { timeout: answerWithin });
  const [all = null, forSuperusers, forRoles] = rows[0] ?? [];
  return {
    version: client.parameters.get("server_version") ?? "",
    slots: all === null ? null : Number(all),
    reserved: Number(forSuperusers ?? 0) + Number(forRoles ?? 0),
  };
}

function findingsOf(
  host: HostTarget,
  answer: Answer,
  anotherAnswers: boolean,
  { version, maxConnections, place }: UpstreamWishes,
): Finding[] {
  const name = utf8Text(describeHost(host));
  if ("failure" in answer) {
    const failure = answer.failure.includes(name)
      ? answer.failure
      : `connection to ${name} failed: ${answer.failure}`;
    return [finding(anotherAnswers ? "upstream-host-away" : "upstream-unreachable", failure, { place })];
  }
  const findings: Finding[] = [];
  const major = Number.parseInt(answer.version, 10);
  if (Number.isFinite(major) && major !== version) {
    const message = `the two files are read as PostgreSQL ${version} reads them, and the ${name} is PostgreSQL ${answer.version}`;
    findings.push(finding("upstream-version", message, { place }));
  }
  const free = answer.slots === null ? null : answer.slots - answer.reserved;
  if (free !== null && maxConnections + 1 > free) {
    const message = `max_connections lets in ${maxConnections} clients, and the ${name} has ${free} slots for ordinary roles`;
    const hint = "One more is the catalogue session's; other clients of that server take their own.";
    findings.push(finding("upstream-connections", message, { place, hint }));
  }
  return findings;
}
