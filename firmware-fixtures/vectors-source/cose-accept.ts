import { hexToBytes } from "@sumac/crypto";
import { type BlockParts, block, bytesItem, ed25519Header, payload, signatureOver, vendorKid } from "./cose-block.ts";
import type { Headers, Vector } from "./vector-file.ts";

/** The key id of `vendor-p256`, and its signatures over the payload: made once, since ECDSA takes a random number. */
const p256Kid = "5820 1a3e12389a656be6fa1210e6198f9a0eb4101eb4e3fc8c75771c1f89ec9624e4";
const esp256Header: string = `a2 01 28 04 ${p256Kid}`;
const es256Header = `a2 01 26 04 ${p256Kid}`;
const esp256R = "7947a5578a55eb9f5b143e2ad306e0b42d7b0418f9fa5442e6cd9a9e8a35b2e9";
const esp256S = "296695b030fd584db5169fee273210119826c4a020126952d0fc336526c8f137";
const es256Signature =
  "1a0e97a4cac8a374e267c9725fe4503cf9a287053d72d59b0bf8d2eaa76ea5ec0468c945c7f58dc8b2fb1fa6c584e5746625180adb3758ca1767a57aad2b681e";

/** The order of P-256: (r, n - s) satisfies the same equation as (r, s). */
const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const otherS = (p256Order - BigInt(`0x${esp256S}`)).toString(16).padStart(64, "0");

const p256 = (signature: string): string => `5840 ${signature}`;

interface Row extends BlockParts {
  readonly name: string;
  readonly comment: string;
  readonly key?: "vendor-p256";
}

const rows: readonly Row[] = [
  { name: "ed25519", comment: "the form that Sumac writes: algorithm and key id protected, nothing else" },
  {
    name: "eddsa",
    header: `a2 01 27 04 ${vendorKid}`,
    comment: "the older id -8; whether it is allowed, a trust record says",
  },
  {
    name: "esp256",
    key: "vendor-p256",
    header: esp256Header,
    signature: p256(esp256R + esp256S),
    comment: "ECDSA with P-256 and SHA-256, as r and s of 32 bytes each",
  },
  {
    name: "esp256-with-the-other-s",
    key: "vendor-p256",
    header: esp256Header,
    signature: p256(esp256R + otherS),
    comment: "n - s instead of s is valid too: nothing may be identified by a signature's bytes",
  },
  {
    name: "es256",
    key: "vendor-p256",
    header: es256Header,
    signature: p256(es256Signature),
    comment: "the older id -7; whether it is allowed, a trust record says",
  },
  {
    name: "key-id-unprotected",
    header: "a1 01 32",
    unprotected: `a1 04 ${vendorKid}`,
    comment: "the usual place in the drafts",
  },
  { name: "key-id-absent", header: "a1 01 32", comment: "as the drafts publish their examples" },
  {
    name: "protected-labels-unsorted",
    header: `a2 04 ${vendorKid} 01 32`,
    comment: "COSE headers have no order, unlike the maps of SUIT",
  },
  { name: "unprotected-labels-unsorted", unprotected: "a2 20 00 1818 00", comment: "COSE headers have no order" },
  {
    name: "unknown-label-protected",
    header: `a3 01 32 04 ${vendorKid} 1821 00`,
    comment: "not critical, so it may be ignored",
  },
  { name: "unknown-label-unprotected", unprotected: "a1 1821 00", comment: "not critical, so it may be ignored" },
  { name: "text-label", unprotected: "a1 63 666f6f 00", comment: "a label is an integer or a text" },
  { name: "label-with-nested-value", unprotected: "a1 1821 82 a1 01 02 80", comment: "a value may be anything" },
];

/** Signed here, unless the row brings a signature of its own. */
export const coseAccepted: readonly Vector[] = rows.map(({ name, comment, key, ...parts }) => ({
  layer: "cose",
  name,
  expect: { verdict: "accept" },
  headers: { key: key ?? "vendor", comment },
  bytes: block(parts).bytes,
}));

const flipFirst = (signature: Uint8Array): Uint8Array => signature.with(0, (signature[0] as number) ^ 1);

/** Well-formed blocks that are not the key's signature over the payload. Name, base, parts, why. */
export const invalidSignatures: readonly (readonly [name: string, base: string, parts: BlockParts, comment: string])[] =
  [
    [
      "signature-with-a-flipped-bit",
      "ed25519",
      { signature: bytesItem(flipFirst(signatureOver(ed25519Header))) },
      "one bit of R",
    ],
    [
      "signature-of-63-bytes",
      "ed25519",
      { signature: bytesItem(signatureOver(ed25519Header).subarray(0, 63)) },
      "a library that throws here must not take the verifier with it",
    ],
    [
      "signature-of-65-bytes",
      "ed25519",
      { signature: bytesItem(Uint8Array.of(...signatureOver(ed25519Header), 0)) },
      "a library that throws here must not take the verifier with it",
    ],
    ["signature-of-zeros", "ed25519", { signature: bytesItem(new Uint8Array(64)) }, "R and S of no one"],
    [
      "signature-over-another-payload",
      "ed25519",
      { signature: bytesItem(signatureOver(ed25519Header, undefined, flipFirst(payload))) },
      "right key, other manifest",
    ],
    [
      "signature-over-the-payload-wrapped-twice",
      "ed25519",
      { signature: bytesItem(signatureOver(ed25519Header, undefined, hexToBytes(bytesItem(payload)))) },
      "the payload gets its byte-string head once",
    ],
    [
      "signature-under-another-header",
      "ed25519",
      { signature: bytesItem(signatureOver("a1 01 32")) },
      "the protected header is part of what is signed",
    ],
    [
      "signature-over-an-embedded-payload-structure",
      "ed25519",
      { signature: bytesItem(signatureOver("")) },
      "signed as if the protected header were empty",
    ],
    [
      "algorithm-of-another-scheme",
      "ed25519",
      { header: `a2 01 28 04 ${vendorKid}` },
      "an Ed25519 key does not sign for -9",
    ],
    ["algorithm-unknown", "ed25519", { header: `a2 01 3824 04 ${vendorKid}` }, "-37 (PS256) belongs to no key here"],
    [
      "algorithm-rounds-to-a-known-one",
      "ed25519",
      { header: `a2 01 3b 0020000000000012 04 ${vendorKid}` },
      "an integer beyond 2^53",
    ],
    ["algorithm-absent", "ed25519", { header: `a1 04 ${vendorKid}` }, "the message has to agree with the key"],
    ["protected-header-absent", "key-id-absent", { header: "" }, "the empty byte string stands for no header at all"],
    ["protected-header-empty", "key-id-absent", { header: "a0" }, "a map without an algorithm"],
    [
      "signature-in-der",
      "esp256",
      { header: esp256Header, signature: bytesItem(hexToBytes(`30440220${esp256R}0220${esp256S}`)) },
      "COSE writes r and s of fixed length, not ASN.1",
    ],
    [
      "signature-r-and-s-swapped",
      "esp256",
      { header: esp256Header, signature: bytesItem(hexToBytes(esp256S + esp256R)) },
      "the order is fixed",
    ],
    [
      "signature-of-zeros-for-esp256",
      "esp256",
      { header: esp256Header, signature: bytesItem(new Uint8Array(64)) },
      "r = s = 0 satisfies careless implementations (CVE-2022-21449)",
    ],
  ];

/** The block of the base that signs with P-256 needs that key. */
export const keyOf = (base: string): Headers => ({ key: base.startsWith("esp256") ? "vendor-p256" : "vendor" });
