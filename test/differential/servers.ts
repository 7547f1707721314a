import { isInstalled, profileOf, serverBuilds } from "@sallyport/testkit";
import type { Major, ServerBuild } from "@sallyport/testkit";
import type { Dialect } from "@sallyport/policy";

/**
 * The installed builds of these majors; default: of all.
 *
 * @throws {Error} if there is none of one of them
 */
export function installedServers(majors?: readonly number[]): readonly ServerBuild[] {
  const installed = serverBuilds.filter(isInstalled);
  const missing = majors?.find((major) => !installed.some((one) => one.major === major));
  if (missing !== undefined) {
    const known = serverBuilds.find(({ major }) => major === missing);
    const hint = known ? `: node tools/setup.mjs ${known.setup}`.trimEnd() : "";
    throw new Error(`there is no PostgreSQL ${missing} to start${hint}`);
  }
  return majors ? installed.filter(({ major }) => majors.includes(major)) : installed;
}

/** Where the build makes no difference: the one that is started if none is named. */
export function oneOfEachMajor(servers: readonly ServerBuild[]): readonly ServerBuild[] {
  return servers.filter((server, at) => servers.findIndex(({ major }) => major === server.major) === at);
}

export function opponentName({ major, build }: ServerBuild): string {
  return `PostgreSQL ${major}, ${build} build`;
}

export function dialectOf(major: Major): Dialect {
  return profileOf({ version: String(major) }).dialect;
}
