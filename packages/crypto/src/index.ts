export * from "./crypto.ts";
export { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
export { equalBytes } from "./equal-bytes.ts";
