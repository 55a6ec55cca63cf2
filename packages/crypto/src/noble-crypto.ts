import { composeCrypto } from "./compose-crypto.ts";
import type { Crypto } from "./crypto.ts";
import { ecdsaPart } from "./ecdsa-part.ts";
import { ed25519Part } from "./ed25519-part.ts";
import { startNobleDigest } from "./noble-digest.ts";

/** The Crypto port on the noble libraries, with every classical scheme: no `node:` module, for devices and pages. */
export const nobleCrypto: Crypto = composeCrypto(startNobleDigest, [ed25519Part, ecdsaPart]);
