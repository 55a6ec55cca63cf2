export { type CommandSignerOptions, openCommandSigner } from "./node-command-signer.ts";
export {
  type CreatedKey,
  type CreateKeyOptions,
  createKey,
  keyPaths,
  type OpenedKey,
  openKey,
  openUnencryptedTestKey,
  privateKeySuffix,
  publicKeySuffix,
} from "./node-key-file.ts";
export { type KeyEntry, listKeys } from "./node-list-keys.ts";
export { type AskPassphrase, type PassphraseSource, type ReadPassphrase, readPassphrase } from "./node-passphrase.ts";
export type { KeyAlgorithm } from "./node-private-key.ts";
export { askOnTerminal, type PromptInput, PromptInterrupted, type PromptOutput } from "./node-prompt.ts";
export { type PublicKeyFile, readPublicKey } from "./node-public-key.ts";
export { nodeSha1 } from "./node-sha1.ts";
export { type KeyStorageFault, KeyStorageUnavailable } from "./node-unavailable.ts";
