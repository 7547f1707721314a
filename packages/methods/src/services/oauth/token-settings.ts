/** What is wanted of tokens, whatever the rule. */
export interface TokenSettings {
  /** `oauth_audience`; null: not set. */
  readonly audience: string | null;
  /** `oauth_identity_claim` */
  readonly identityClaim: string;
  /** `oauth_clock_skew`, in seconds. */
  readonly clockSkew: number;
  /** `oauth_token_type` */
  readonly tokenType: "at+jwt" | "jwt";
  readonly now: () => Date;
}
