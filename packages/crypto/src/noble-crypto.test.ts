import { describeCrypto } from "./crypto.contract.ts";
import { nobleCrypto } from "./noble-crypto.ts";
import { nobleEd25519Crypto } from "./noble-ed25519-crypto.ts";
import { composeCrypto, mlDsaPart, startNobleDigest } from "./noble-parts.ts";
import { noblePostQuantumCrypto } from "./noble-post-quantum-crypto.ts";
import { signatureSchemes } from "./scheme-forms.ts";

describeCrypto("noble", nobleCrypto, ["ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384"]);
describeCrypto("noble, Ed25519 alone", nobleEd25519Crypto, ["ed25519"]);
describeCrypto("noble, post-quantum", noblePostQuantumCrypto, signatureSchemes);
describeCrypto("noble, ML-DSA alone", composeCrypto(startNobleDigest, [mlDsaPart]), ["ml-dsa-65", "ml-dsa-87"]);
