import { composeCrypto } from "./compose-crypto.ts";
import type { Crypto } from "./crypto.ts";
import { ecdsaPart } from "./ecdsa-part.ts";
import { ed25519Part } from "./ed25519-part.ts";
import { mlDsaPart } from "./ml-dsa-part.ts";
import { startNobleDigest } from "./noble-digest.ts";

/** The Crypto port on the noble libraries, with every scheme. */
export const noblePostQuantumCrypto: Crypto = composeCrypto(startNobleDigest, [ed25519Part, ecdsaPart, mlDsaPart]);
