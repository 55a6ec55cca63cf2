import { sha512 } from "@noble/hashes/sha2.js";
import { shake256 } from "@noble/hashes/sha3.js";
import { type DSA, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";
import type { PublicKey } from "./crypto.ts";
import { schemeForms } from "./scheme-forms.ts";
import { flipped, join, type SchemeVectors, type SignatureVector, text } from "./signature-vector.contract.ts";

type MlDsa = "ml-dsa-65" | "ml-dsa-87";

/** FIPS 204 table 1, what the forgeries need: bytes of c~, rows k and columns l of the matrix, hints at most. */
interface ParameterSet {
  readonly signer: DSA;
  readonly challenge: number;
  readonly k: number;
  readonly l: number;
  readonly omega: number;
}

const parameterSets: Readonly<Record<MlDsa, ParameterSet>> = {
  "ml-dsa-65": { signer: ml_dsa65, challenge: 48, k: 6, l: 5, omega: 55 },
  "ml-dsa-87": { signer: ml_dsa87, challenge: 64, k: 8, l: 7, omega: 75 },
};

/** RFC 9881 C.1: its example keys come from this seed. A key is too long to print here; its SHA-256 is in the test. */
const rfc9881Seed = Uint8Array.from({ length: 32 }, (_, i) => i);

function vectors(scheme: MlDsa): SchemeVectors {
  const { signer } = parameterSets[scheme];
  const { publicKey, secretKey } = signer.keygen(rfc9881Seed);
  const key: PublicKey = { scheme, bytes: publicKey };
  // Deterministic (FIPS 204 3.4), so that the signature is the same in every run.
  const signed = (message: Uint8Array): SignatureVector => ({
    name: `the key of RFC 9881 C.1, ${message.length} bytes`,
    key,
    message,
    signature: signer.sign(message, secretKey, { extraEntropy: false }),
  });
  const first = signed(text("sample"));
  const otherKey = { scheme, bytes: signer.keygen(rfc9881Seed.toReversed()).publicKey };
  return {
    accepted: [first, signed(new Uint8Array()), signed(new Uint8Array(1000).fill(0x5a))],
    forged: [
      { ...first, name: "another key of the scheme", key: otherKey },
      {
        ...first,
        name: "a signature with a context",
        signature: signer.sign(first.message, secretKey, { context: text("tuf") }),
      },
      {
        ...first,
        name: "a HashML-DSA signature",
        signature: signer.prehash(sha512).sign(first.message, secretKey),
      },
      {
        ...first,
        name: "a signature without the prefix for an empty context",
        signature: signer.internal.sign(first.message, secretKey),
      },
      ...damagedHints(scheme, first),
      forgeryUnderErasedKey(scheme, 0x00),
      forgeryUnderErasedKey(scheme, 0xff),
    ],
  };
}

/** FIPS 204 algorithm 21 gives a hint one encoding only; a lenient reader would let two signatures stand for one. */
function damagedHints(scheme: MlDsa, good: SignatureVector): SignatureVector[] {
  const { k, omega } = parameterSets[scheme];
  const { signature } = good;
  const hints = signature.length - omega - k;
  const counts = hints + omega;
  const used = signature[signature.length - 1] ?? 0;
  const [a = 0, b = 0] = signature.subarray(hints);
  const withBytes = (...changes: readonly (readonly [at: number, value: number])[]): Uint8Array =>
    changes.reduce((bytes, [at, value]) => bytes.with(at, value), signature);
  return [
    { ...good, name: "hints: a byte after the last", signature: withBytes([counts - 1, 1]) },
    { ...good, name: "hints: two swapped", signature: withBytes([hints, b], [hints + 1, a]) },
    { ...good, name: "hints: one twice", signature: withBytes([hints + 1, a]) },
    { ...good, name: "hints: more than allowed", signature: withBytes([signature.length - 1, omega + 1]) },
    { ...good, name: "hints: counts that fall", signature: withBytes([counts, used + 1]) },
    { ...good, name: "hints: none of them", signature: join(signature.subarray(0, hints), new Uint8Array(omega + k)) },
    { ...good, name: "z: one coefficient out of range", signature: flipped(signature, hints - 1, 0x80) },
  ];
}

/**
 * A signature that anybody can write under a key whose t1 was never written (see `mlDsaFault`): z = 0, no hints, and c~
 * for the w1 = 0 that a verifier then computes. Libraries accept it; `agreement.test.ts` shows that.
 */
export function forgeryUnderErasedKey(scheme: MlDsa, fill: 0x00 | 0xff): SignatureVector {
  const { challenge, k, l, omega } = parameterSets[scheme];
  const bytes = new Uint8Array(schemeForms[scheme].keyLength).fill(fill);
  const message = text("any message");
  const hash = (length: number, ...parts: readonly Uint8Array[]): Uint8Array =>
    shake256(join(...parts), { dkLen: length });
  const mu = hash(64, hash(64, bytes), Uint8Array.of(0, 0), message);
  // w1: 256 coefficients of 4 bits a row. z = 0 is written as gamma1 = 2^19 in 20 bits, two of them in 5 bytes.
  const c = hash(challenge, mu, new Uint8Array(k * 128));
  const z = Uint8Array.from({ length: l * 640 }, (_, i) => [0x00, 0x00, 0x08, 0x00, 0x80][i % 5] ?? 0);
  return {
    name: `a key of 0x${fill === 0 ? "00" : "ff"} throughout, with the signature that fits it`,
    key: { scheme, bytes },
    message,
    signature: join(c, z, new Uint8Array(omega + k)),
  };
}

export const mlDsaVectors: Readonly<Record<MlDsa, SchemeVectors>> = {
  "ml-dsa-65": vectors("ml-dsa-65"),
  "ml-dsa-87": vectors("ml-dsa-87"),
};
