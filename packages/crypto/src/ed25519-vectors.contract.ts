import type { PublicKey } from "./crypto.ts";
import { bytesToHex, hexToBytes } from "./index.ts";
import { hex, join, type SchemeVectors, type SignatureVector, text } from "./signature-vector.contract.ts";

const ed25519 = (bytes: string): PublicKey => ({ scheme: "ed25519", bytes: hex(bytes) });

/** RFC 8032 7.1. */
const accepted: SchemeVectors["accepted"] = [
  {
    name: "RFC 8032 test 1, empty message",
    key: ed25519("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    message: hex(""),
    signature: hex(`e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b
      d25bf5f0595bbe24655141438e7a100b`),
  },
  {
    name: "RFC 8032 test 2, one byte",
    key: ed25519("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
    message: hex("72"),
    signature: hex(`92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c
      387b2eaeb4302aeeb00d291612bb0c00`),
  },
  {
    name: "RFC 8032 test 3, two bytes",
    key: ed25519("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
    message: hex("af82"),
    signature: hex(`6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659
      4a7c15e9716ed28dc027beceea1ec40a`),
  },
];

const order = 2n ** 252n + 27742317777372353535851937790883648493n;

/** s + L: the same point, by a number that RFC 8032 5.1.7 forbids. */
function withScalarPlusOrder(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${bytesToHex(signature.slice(32).reverse())}`) + order;
  return join(signature.subarray(0, 32), hexToBytes(s.toString(16).padStart(64, "0")).reverse());
}

const [first] = accepted;
const anyMessage = text("any message");
const identity = hex(`01${"00".repeat(31)}`);
const identitySignature = join(identity, new Uint8Array(32));

// The first two are the zip215 trap: with ZIP-215 rules both verify for every message.
const forged: readonly SignatureVector[] = [
  {
    name: "the all-zero key with the all-zero signature",
    key: { scheme: "ed25519", bytes: new Uint8Array(32) },
    message: anyMessage,
    signature: new Uint8Array(64),
  },
  {
    name: "the identity key with R = identity and s = 0",
    key: { scheme: "ed25519", bytes: identity },
    message: anyMessage,
    signature: identitySignature,
  },
  {
    name: "the identity with a sign bit",
    key: { scheme: "ed25519", bytes: identity.with(31, 0x80) },
    message: anyMessage,
    signature: identitySignature,
  },
  {
    name: "the point of order 2",
    key: ed25519(`ec${"ff".repeat(30)}7f`),
    message: anyMessage,
    signature: identitySignature,
  },
  {
    name: "a y without an x",
    key: ed25519(`02${"00".repeat(31)}`),
    message: anyMessage,
    signature: first.signature,
  },
  { ...first, name: "s + L, the malleable twin", signature: withScalarPlusOrder(first.signature) },
  {
    ...first,
    name: "R in a non-canonical encoding",
    // y = p + 1 is the identity again.
    signature: join(hex(`ee${"ff".repeat(30)}7f`), first.signature.subarray(32)),
  },
];

export const ed25519Vectors: SchemeVectors = { accepted, forged };
