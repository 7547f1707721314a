import { access, constants } from "node:fs/promises";
import { posix } from "node:path";
import { utf8Text } from "@sallyport/policy";
import type { Bytes, HbaRule } from "@sallyport/policy";
import type { Finding } from "../findings/finding.ts";
import { findingAt } from "../findings/finding.ts";

/** Where Linux-PAM looks for the file of a service, if the first of them is there (pam.d(5)). */
const directories = ["/etc/pam.d", "/usr/lib/pam.d"] as const;

/** Rules whose PAM service has no file: then the service `other` decides, which is a surprise. */
export async function checkPamServices(rules: readonly HbaRule[]): Promise<Finding[]> {
  const ofPam = rules.filter(({ method }) => method === "pam");
  if (ofPam.length === 0 || !(await isThere(directories[0]))) return [];
  const findings: Finding[] = [];
  for (const { options, columns } of ofPam) {
    const service = options.pamService || "postgresql";
    const places = directories.map((directory) => posix.join(directory, fileNameOf(service)));
    if ((await Promise.all(places.map(isThere))).includes(true)) continue;
    const span = columns.options.find(({ text }) => text.startsWith("pamservice=")) ?? columns.method;
    findings.push(findingAt("pam-service-missing", span, `there is no PAM service "${service}"`));
  }
  return findings;
}

/** Names of services are no paths, and in lower case, to `pam_start`. */
function fileNameOf(service: Bytes): string {
  const name = service.slice(service.lastIndexOf("/") + 1);
  return utf8Text(name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()));
}

async function isThere(path: string): Promise<boolean> {
  return await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
