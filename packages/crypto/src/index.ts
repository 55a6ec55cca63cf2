export { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
export * from "./crypto.ts";
export { equalBytes } from "./equal-bytes.ts";
export { type KeyFault, keyFault } from "./usable-key.ts";
