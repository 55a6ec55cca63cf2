export * from "./command.ts";
export { componentIndices, componentKey } from "./component.ts";
export { coreLimits } from "./core-limits.ts";
export { describeComponent, describeIndex } from "./describe-component.ts";
export { describeEnvelope, envelopeLines } from "./describe-envelope.ts";
export { describeManifest, manifestLines } from "./describe-manifest.ts";
export { describeParameters, describeTime } from "./describe-parameters.ts";
export { type DescribedSection, describeSections } from "./describe-sections.ts";
export { describeSize } from "./describe-size.ts";
export { textLines } from "./describe-text.ts";
export {
  commandSpans,
  type DescribedLine,
  type DescribeOptions,
  type ReceivedAt,
  renderLines,
} from "./described-line.ts";
export { digestEquals, digestOf, encloseBytes, encodeDigest, manifestDigest, parseDigest } from "./digest.ts";
export { parseEncryptionInfo } from "./encryption-info.ts";
export * from "./envelope.ts";
export { everyCommand, everySequence } from "./every-command.ts";
export { everyExtension } from "./every-extension.ts";
export type { Extension } from "./extension.ts";
export { firmwareEncryption24 } from "./firmware-encryption-24.ts";
export * from "./identity.ts";
export * from "./integrated-dependency.ts";
export * from "./labels.ts";
export * from "./limits.ts";
export * from "./manifest.ts";
export { envelopeType, type FactsRefusal, type ManifestFacts, manifestFacts } from "./manifest-facts.ts";
export * from "./manifest-input.ts";
export * from "./open.ts";
export { openMembers } from "./open-members.ts";
export { parameterName } from "./parameter-name.ts";
export { parseCommandSequence, type SequencePlace } from "./parse-commands.ts";
export { parseEnvelope } from "./parse-envelope.ts";
export { parseManifest } from "./parse-manifest.ts";
export { parseText } from "./parse-text.ts";
export { escapeUnshowable, quote } from "./quote.ts";
export { trustDomains12 } from "./read-dependencies.ts";
export * from "./recognise-other-layout.ts";
export type { SeveredRefusal, SuitRefusal } from "./refusal.ts";
export * from "./report-22/index.ts";
export * from "./resolve-severable.ts";
export { serializeSequence } from "./serialize-commands.ts";
export { addAuthenticationBlock, buildEnvelope, type EnvelopeParts, serializeEnvelope } from "./serialize-envelope.ts";
export { serializeManifest } from "./serialize-manifest.ts";
export { serializeText } from "./serialize-text.ts";
export * from "./sever.ts";
export { updateManagement14 } from "./update-management-14/extension.ts";
export {
  formatVersion,
  formatVersionMatch,
  type Version,
  type VersionComparison,
  type VersionMatch,
  versionMatches,
} from "./update-management-14/version.ts";
export { utcTime } from "./utc-time.ts";
