/** For a device that wants its own choice, such as ML-DSA alone: `composeCrypto(startNobleDigest, [mlDsaPart])`. */
export { composeCrypto, type SignaturePart } from "./compose-crypto.ts";
export { ecdsaPart } from "./ecdsa-part.ts";
export { ed25519Part } from "./ed25519-part.ts";
export { mlDsaPart } from "./ml-dsa-part.ts";
export { startNobleDigest } from "./noble-digest.ts";
