/** Each scope that a rule asks for (RFC 6749, 3.3). */
export function scopesOfRule(scope: string): readonly string[] {
  return scope.split(" ").filter((name) => name !== "");
}
