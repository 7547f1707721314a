import type { Problem } from "@sallyport/policy";
import { readPolicy } from "@sallyport/policy/node";
import { profileOfServer } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";

const files = ["pg_hba.conf", "pg_ident.conf"] as const;

/** Which of its files a server did not take, by what it logged about reloading. */
export function refusedByServer(said: string): readonly string[] {
  return files.filter((file) => new RegExp(String.raw`${file}"? was not reloaded`).test(said));
}

/** Which of them we would not take. */
export async function refusedByUs(server: TestPostgres): Promise<readonly string[]> {
  const { paths } = server;
  const profile = profileOfServer(server);
  const { hba, ident } = await readPolicy({ hbaFile: paths.hba, identFile: paths.ident, profile });
  const broken = (problems: readonly Problem[] = []): boolean =>
    problems.some(({ severity }) => severity === "error");
  const mistakes = { "pg_hba.conf": hba.problems, "pg_ident.conf": ident?.problems };
  return files.filter((file) => broken(mistakes[file]));
}
