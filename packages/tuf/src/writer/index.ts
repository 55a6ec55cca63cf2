export { type Authority, authoritiesFor, type InForce, missingSignatures } from "./authority.ts";
export { authoritiesOf, type CombineContext, type Combined, combine } from "./combine.ts";
export {
  addLine,
  changeLineKeys,
  delegationsOf,
  findDelegation,
  firstTargets,
  type NewLine,
  removeLine,
  withDelegations,
} from "./delegation-change.ts";
export { type ChangeLine, type Described, describeDraft } from "./describe-change.ts";
export type { DraftContext } from "./draft-context.ts";
export { explainWriting, missingWords } from "./explain-writing.ts";
export * from "./held-file.ts";
export * from "./lifetimes.ts";
export { changeLine, type LineChange, type NewTarget, targetFilePath } from "./line-change.ts";
export {
  groupOf,
  groupRoleName,
  maxTargetsOfRole,
  placeRelease,
  type Split,
  splitDueAt,
  splitLine,
} from "./line-split.ts";
export { type OfflineKeys, offlineRoot } from "./offline-root.ts";
export * from "./online-change.ts";
export * from "./prune.ts";
export * from "./publish-steps.ts";
export { publishTree, type TreeInput } from "./publish-tree.ts";
export type { KeyRing, WrittenSchemes } from "./role-keys.ts";
export { type FirstRoot, firstRoot, type KeyChange, nextRoot } from "./root-change.ts";
export { draftDigest, type MetadataSigner, sealFile, signedBytes, signWire } from "./seal-file.ts";
export * from "./signature-file.ts";
export {
  draftTimeFlaw,
  maxRequestBytes,
  parseRequest,
  type RequestedSignatures,
  type SigningRequest,
  serializeRequest,
} from "./signing-request.ts";
export * from "./wire-metadata.ts";
export * from "./writer-refusal.ts";
