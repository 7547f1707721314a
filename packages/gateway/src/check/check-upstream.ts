import { stat } from "node:fs/promises";
import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { checkSupported, readPasswordFile, socketPath, tlsFilesOf, tlsOptions } from "@sallyport/wire";
import type { ConnectionOptions } from "@sallyport/wire";
import type { LoadedSettings } from "../config/index.ts";
import { gatewayProfile, thisMachine } from "../config/policy-files.ts";
import { sessionSettings } from "../upstream/session-settings.ts";
import { checkCatalogue } from "./catalogue.ts";
import type { AuthFile } from "../catalog/auth-file.ts";
import { secretSource } from "../catalog/secret-source.ts";
import type { SecretSource } from "../catalog/secret-source.ts";
import { passwordsRefusal } from "../upstream/access.ts";
import { compareAuthFile } from "./auth-file.ts";
import { finding, textOf } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";
import { letsEverybodyIn, serviceAccess } from "./service-access.ts";
import { answerWithin, checkHosts } from "./upstream-hosts.ts";

export interface UpstreamCheck {
  readonly findings: readonly Finding[];
  readonly notChecked: readonly string[];
  /** Files that logging in there depends on. */
  readonly paths: readonly Bytes[];
  /** It lets the gateway in without a credential, whoever comes: then there need not be any. */
  readonly asksNothing?: boolean;
}

/** Milliseconds for the catalogue session to open, whatever the connection string says. */
const catalogueWithin = 30_000;

/**
 * The upstream, as far as it can be looked at without logging in as the roles of clients.
 *
 * @param authFile null: secrets do not come from a file, or it cannot be used
 */
export async function checkUpstream(
  { settings, sources }: LoadedSettings,
  authFile: AuthFile | null,
  connectionOf: (conninfo: Bytes) => Promise<ConnectionOptions>,
  offline: boolean,
): Promise<UpstreamCheck> {
  if (settings.upstream === "embedded") {
    const notChecked = ["the upstream: the gateway starts its embedded PostgreSQL itself"];
    return { findings: [], notChecked, paths: [] };
  }
  const place = sources.get("upstream")?.place ?? null;
  let options: ConnectionOptions;
  try {
    options = await connectionOf(settings.upstream);
    checkSupported(options.settings ?? new Map(), { tcpOptions: true, peer: true });
  } catch (error) {
    const refused = finding("upstream-refused", textOf(error), { place });
    return { findings: [refused], notChecked: [], paths: [] };
  }
  const names = sessionSettings(options);
  if (names.length > 0) {
    const message = `"upstream" sets ${names.map(utf8Text).join(", ")}`;
    const detail =
      "Settings of sessions come from clients, never from the connection string or the environment.";
    const refused = finding("upstream-refused", message, { place, detail });
    return { findings: [refused], notChecked: [], paths: [] };
  }

  const inClear = passwordsRefusal(settings, options);
  if (inClear !== null) {
    const refused = finding("upstream-refused", textOf(inClear), { place, hint: inClear.hint });
    return { findings: [refused], notChecked: [], paths: [] };
  }

  const passfile = await checkPassfile(options);
  const paths = [...passfile.paths, ...tlsPathsOf(options)];
  if (offline) return { ...passfile, paths, notChecked: ["the upstream: --offline"] };
  const version = gatewayProfile(settings, await thisMachine(settings)).version.major;
  const hosts = await checkHosts(options, { version, maxConnections: settings.max_connections, place });
  const signal = AbortSignal.timeout(catalogueWithin);
  // For each host, too: closing waits for an opening that is under way.
  const connectTimeout = Math.min(options.connectTimeout ?? answerWithin, catalogueWithin);
  if (!hosts.answers) {
    return { paths, findings: [...passfile.findings, ...hosts.findings], notChecked: [] };
  }
  const patient = { ...options, connectTimeout };
  const catalogue = await checkCatalogue(patient, sourceOf(settings, authFile), place, signal);
  const answers = !catalogue.some(({ id }) => id === "catalogue-away");
  const compared = answers && authFile !== null ? await compareAuthFile(authFile, patient) : [];
  const asService = settings.upstream_auth === "service";
  const letsIn = await letsEverybodyIn(patient, asService ? (options.passfile ?? null) : null);
  const access = asService && !letsIn ? [serviceAccess(options, place)] : [];
  const findings = [...passfile.findings, ...hosts.findings, ...catalogue, ...compared, ...access];
  return { paths, findings, notChecked: [], asksNothing: letsIn };
}

/** Without its file the catalogue is asked for what the file does not say. */
function sourceOf(settings: LoadedSettings["settings"], authFile: AuthFile | null): SecretSource {
  if (settings.auth_source === "file" && authFile === null) return { kind: "upstream" };
  return secretSource(settings, authFile && { current: authFile });
}

/** On a Unix socket there is no TLS. */
function tlsPathsOf({
  hosts,
  settings = new Map<string, string>(),
  tls,
}: ConnectionOptions): readonly Bytes[] {
  const overTcp = hosts.some((host) => socketPath(host) === null);
  return overTcp ? tlsFilesOf(tlsOptions(settings, tls)).filter((path) => path.startsWith("/")) : [];
}

/** A file that is not there is no fault: whether one is needed only the upstream knows. */
async function checkPassfile({ passfile }: ConnectionOptions): Promise<Omit<UpstreamCheck, "notChecked">> {
  if (passfile == null) return { findings: [], paths: [] };
  const isThere = await stat(Buffer.from(passfile, "latin1")).then(
    () => true,
    () => false,
  );
  const warning = await readPasswordFile(passfile).then(
    (file) => file.warning && utf8Text(file.warning),
    textOf,
  );
  const findings = warning === null ? [] : [finding("passfile-ignored", warning)];
  return { findings, paths: isThere ? [passfile] : [] };
}
