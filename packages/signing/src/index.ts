export {
  type BuildContext,
  type BuildRefusal,
  buildManifest,
  buildRelease,
  type ComponentInput,
  type ReleaseFacts,
  type ReleaseInput,
  type SeveralInput,
  sequenceLimits,
  type UnsignedRelease,
} from "./build-manifest.ts";
export {
  type DescriptionFlaw,
  DescriptionReader,
  type DescriptionRefusal,
  type DescriptionType,
  type Field,
  type MapReader,
  maxDescriptionBytes,
  type Place,
} from "./description-reader.ts";
export {
  type EncryptedPayload,
  type EncryptPayloadRefusal,
  encryptPayload,
  type PayloadRecipient,
} from "./encrypt-payload.ts";
export { type EncryptedInstall, encryptedInstall } from "./encrypted-install.ts";
export { type ConsistentEnvelope, checkConsistency, type InconsistentEnvelope } from "./envelope-consistency.ts";
export { explain, signingCodes } from "./explain.ts";
export {
  type Arrival,
  type Finding,
  type FindingFacts,
  type MutableUri,
  type Severity,
  severityOf,
  type UnmatchedPayload,
} from "./finding.ts";
export {
  type FirmwareFormat,
  type FirmwareImage,
  type FirmwareOptions,
  type FirmwareRefusal,
  readFirmwareImage,
} from "./firmware-image.ts";
export type { KeyRefusal, KeyWarning } from "./key-refusal.ts";
export { type LintContext, lintRelease } from "./lint.ts";
export { type PastRelease, readPastRelease } from "./lint-history.ts";
export { minimumPassphraseCharacters, Passphrase } from "./passphrase.ts";
export type { PassphraseRefusal, PassphraseSourceRefusal } from "./passphrase-refusal.ts";
export {
  parseRecipientProfile,
  type RecipientLimit,
  type RecipientProfile,
  type RecipientProfileComponent,
  type RecipientSupport,
  recipientProfileKeys,
} from "./recipient-profile.ts";
export { type ContentKind, contentName, recogniseContent } from "./recognise-content.ts";
export type { SigningFact, SigningRefusal } from "./refusal.ts";
export {
  type ComponentDescription,
  parseReleaseDescription,
  type ReleaseDescription,
  releaseDescriptionKeys,
  type Translation,
  type UpdateManagement,
} from "./release-description.ts";
export { type PayloadFacts, type PayloadPlace, payloadFileName, type ReleasePayload } from "./release-payload.ts";
export { type NamedImage, type ReleaseSummary, summarizeRelease, summaryLines } from "./release-summary.ts";
export { type SignedEnvelope, type SignOptions, type SignRefusal, signEnvelope } from "./sign-envelope.ts";
export type { Signer } from "./signer.ts";
export { type ReplyFlaw, type SignerCommandFault, type SignerFault, SignerUnavailable } from "./signer-fault.ts";
export {
  parseReply,
  type Reply,
  type ReplyError,
  replyErrors,
  requestLine,
  type SignerRequest,
  signerProtocol,
} from "./signer-protocol.ts";
export {
  type AskedKey,
  type AskedRole,
  maxSigningRequestBytes,
  parseSigningRequest,
  prepareSigning,
  type RequestContext,
  type RequestedKey,
  type RequestedRole,
  type SigningRequest,
  signingRequestVersion,
} from "./signing-request.ts";
export type { RolesFlaw, SplitFile, SplitRefusal } from "./split-refusal.ts";
export {
  type CarriedSignature,
  type CheckedSignature,
  checkSignatures,
  combineSignatures,
  type KeyStatus,
  maxSignatureFileBytes,
  type RoleStatus,
  signatureFileVersion,
  signingStatus,
  signRequest,
} from "./split-signing.ts";
export { classIdOf, type Vendor, vendorIdOf } from "./vendor-identity.ts";
export type { Explanation } from "./words.ts";
