/** The roles of PostgreSQL's own suites for passwords; each has the password `pass`. */
export const passwordRoles: readonly string[] = [
  "set password_encryption = 'scram-sha-256'",
  "create role scram_role login password 'pass'",
  `create role "scram,role" login password 'pass'`,
  "set scram_iterations = 1024",
  "create role scram_role_iter login password 'pass'",
  "set password_encryption = 'md5'",
  "create role md5_role login password 'pass'",
];

/** The rule of those suites: one line for everybody, continued on a second. */
export function everybodyBy(method: string): string {
  return `local all all \\\n ${method}\n`;
}
