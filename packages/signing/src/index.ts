export {
  type BuildContext,
  type BuildRefusal,
  buildManifest,
  type ReleaseInput,
  sequenceLimits,
  type UnsignedRelease,
} from "./build-manifest.ts";
export type { DescriptionFlaw, DescriptionRefusal, DescriptionType } from "./description-reader.ts";
export {
  type EncryptedPayload,
  type EncryptPayloadRefusal,
  encryptPayload,
  type PayloadRecipient,
} from "./encrypt-payload.ts";
export { type EncryptedInstall, encryptedInstall } from "./encrypted-install.ts";
export { type ConsistentEnvelope, checkConsistency, type InconsistentEnvelope } from "./envelope-consistency.ts";
export { explain, signingCodes } from "./explain.ts";
export type { Finding, FindingFacts, Severity } from "./finding.ts";
export {
  type FirmwareFormat,
  type FirmwareImage,
  type FirmwareOptions,
  type FirmwareRefusal,
  readFirmwareImage,
} from "./firmware-image.ts";
export type { KeyRefusal, KeyWarning } from "./key-refusal.ts";
export { lintEnvelope } from "./lint.ts";
export { minimumPassphraseCharacters, Passphrase } from "./passphrase.ts";
export type { PassphraseRefusal, PassphraseSourceRefusal } from "./passphrase-refusal.ts";
export { type ContentKind, contentName, recogniseContent } from "./recognise-content.ts";
export type { SigningFact, SigningRefusal } from "./refusal.ts";
export { type ComponentDescription, parseReleaseDescription, type ReleaseDescription } from "./release-description.ts";
export { type SignedEnvelope, type SignOptions, type SignRefusal, signEnvelope } from "./sign-envelope.ts";
export type { Signer } from "./signer.ts";
export type { Explanation } from "./words.ts";
