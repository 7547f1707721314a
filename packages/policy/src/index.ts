export { asciiLower, characterCount, utf8Bytes, utf8Text } from "./bytes.ts";
export type { Bytes } from "./bytes.ts";
export { isCatalogueMember, parseCatalogue } from "./catalogue.ts";
export type { CatalogueDatabase, CatalogueRole, RoleCatalogue } from "./catalogue.ts";
export { matchColumn } from "./decide/columns.ts";
export { connectionOf, parseClientAddress } from "./decide/attempt.ts";
export type { Attempt, ClientAddress, Connection } from "./decide/attempt.ts";
export { chooseRule, settleChoice } from "./decide/choose-rule.ts";
export type { Choice } from "./decide/choose-rule.ts";
export { parseNameList } from "./hba/options/guc-list.ts";
export { candidates } from "./decide/compiled/candidates.ts";
export { compilePolicy, compilePolicySteps } from "./decide/compiled/compile-policy.ts";
export type { CompiledRules } from "./decide/compiled/compile-rules.ts";
export { methodFailure } from "./decide/method-failure.ts";
export { matchedLineDetail } from "./decide/refusal.ts";
export { conclude, decide } from "./decide/decide.ts";
export type { Decision, Outcome } from "./decide/decide.ts";
export { distinctDependencies } from "./decide/facts.ts";
export type { Dependency, Facts, HostnameFact, InterfaceAddress, Match } from "./decide/facts.ts";
export { checkMap, usesMap } from "./decide/usermap.ts";
export type { MapVerdict } from "./decide/usermap.ts";
export type { DirectoryContent, DirectoryEntry, Disk, FileContent, Need, SystemError } from "./disk.ts";
export { parseAttempt, verifiedName } from "./explain/attempt-json.ts";
export type { DescribedAttempt } from "./explain/attempt-json.ts";
export { barrierTo } from "./explain/barrier.ts";
export type { Barrier } from "./explain/barrier.ts";
export { question } from "./explain/because.ts";
export { explain } from "./explain/explain.ts";
export { whatFollows } from "./explain/then.ts";
export type { ExplainOptions } from "./explain/explain.ts";
export { attemptOfFatal } from "./explain/fatal.ts";
export { decisionJson, dependencyJson } from "./explain/json.ts";
export type { DecisionExtras, Json } from "./explain/json.ts";
export { explanationText } from "./explain/text.ts";
export type { Explanation } from "./explain/text.ts";
export { shownTraces } from "./explain/trace.ts";
export type { RuleTrace } from "./explain/trace.ts";
export type { HbaEntry, HbaFile } from "./hba/file.ts";
export { oneOfEach } from "./hba/one-of-each.ts";
export { inPassing, readerOf } from "./lazy-list.ts";
export { maskRule, maskShownOption, maskText } from "./hba/mask.ts";
export { methods } from "./hba/method.ts";
export type { Method } from "./hba/method.ts";
export type { HbaOptions, ListValue } from "./hba/options/values.ts";
export type {
  AddressPattern,
  ConnectionType,
  DatabasePattern,
  HbaRule,
  LiteralPattern,
  RuleColumns,
  UserPattern,
} from "./hba/rule.ts";
export type { IdentEntry, IdentFile, Mapping } from "./ident/file.ts";
export { formatIp, inNetwork, masked, maskOf, parseIpv4, parseIpv6, prefixOf } from "./ip.ts";
export type { Ip } from "./ip.ts";
export { parsePolicy, parsePolicySteps } from "./policy.ts";
export type { Policy, PolicySource, Reading } from "./policy.ts";
export { diagnostic } from "./problem.ts";
export type { Diagnostic, Problem } from "./problem.ts";
export { features, profileOptions, serverProfile } from "./profile.ts";
export type { Feature, FileSettings, ProfileOptions, ServerProfile } from "./profile.ts";
export type { Dialect } from "./versions/dialect.ts";
export { versionText } from "./versions/version.ts";
export { compileRegex, regexShape } from "./regex/index.ts";
export type { RegexShape } from "./regex/index.ts";
export type { Language, Regex, RegexErrorText, RegexMatch, RegexPattern } from "./regex/index.ts";
export { finish } from "./steps.ts";
export type { Steps } from "./steps.ts";
export { placeOf } from "./text/line.ts";
export { readLines } from "./text/lines.ts";
export { resolvePath } from "./text/path.ts";
export { tokenize } from "./text/token.ts";
export { placeJson } from "./place-json.ts";
export type { PlaceJson } from "./place-json.ts";
export type { Line, Place, Span } from "./text/line.ts";
export type { Field, Token } from "./text/token.ts";
export { hbaFileRules, identFileMappings, ruleColumns } from "./views.ts";
export type { HbaFileRule, IdentFileMapping } from "./views.ts";
