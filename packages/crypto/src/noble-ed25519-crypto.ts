import { composeCrypto } from "./compose-crypto.ts";
import type { Crypto } from "./crypto.ts";
import { ed25519Part } from "./ed25519-part.ts";
import { startNobleDigest } from "./noble-digest.ts";

/** The smallest Crypto port: Ed25519 and SHA-2, for a device or page that trusts nothing else. */
export const nobleEd25519Crypto: Crypto = composeCrypto(startNobleDigest, [ed25519Part]);
