import { createHash } from "node:crypto";
import { type CborValue, encode, Tagged } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { type BlockOptions, envelope, labelled, manifest, sign1 } from "./craft-envelope.ts";
import type { Refusal, RejectedEnvelope } from "./suit-vector.ts";
import { foreign, owner, type TestSigner, vendor } from "./test-signer.ts";

const idOf = (signer: TestSigner): string => bytesToHex(signer.keyId);
const content = manifest();

const signedBy = (...blocks: readonly BlockOptions[]): Uint8Array =>
  envelope(content, { blocks: (element) => blocks.map((block) => sign1(element, block)) });

/** A structure of which Sumac verifies none: its items are well formed and mean nothing. */
const unsupportedBlock = (tag: number, items: readonly CborValue[]): Uint8Array =>
  envelope(content, { blocks: () => [encode(new Tagged(tag, items))] });
const header = encode(labelled({ 1: 5 }));

const threshold = (have: number, need: number): Refusal => ({
  code: "threshold-not-met",
  facts: { role: "release", have, need, part: "any" },
});
const unknown = (...signers: TestSigner[]): Refusal => ({
  code: "signer-unknown",
  facts: { keyIds: signers.map(idOf).join(",") || "none" },
});
const invalid = (keyId: string): Refusal => ({ code: "signature-invalid", facts: { keyId } });
const notAllowed = (algorithm: number | "none", keyId: string): Refusal => ({
  code: "algorithm-not-allowed",
  facts: { algorithm, keyId },
});

const sha384Element = encode([-43, new Uint8Array(createHash("sha384").update(encode(content)).digest())]);

const genuine = (element: Uint8Array): Uint8Array => sign1(element).slice(-64);

/** Rows 3 and 4: nothing of the manifest is looked at before this is decided. */
export const authenticationRows: readonly RejectedEnvelope[] = [
  {
    row: 3,
    name: "unsigned",
    file: signedBy(),
    refusal: threshold(0, 1),
    threat: "T-IMG-NON-AUTH",
    comment: "well formed, and accepted by nobody",
  },
  {
    row: 3,
    name: "signature-of-63-bytes",
    file: envelope(content, { blocks: (element) => [sign1(element, { signature: genuine(element).subarray(0, 63) })] }),
    refusal: invalid(idOf(vendor)),
    threat: "T-IMG-NON-AUTH",
    comment: "a library that throws here must not take the verifier with it",
  },
  {
    row: 3,
    name: "signature-of-65-bytes",
    file: envelope(content, {
      blocks: (element) => [sign1(element, { signature: Uint8Array.of(...genuine(element), 0) })],
    }),
    refusal: invalid(idOf(vendor)),
    threat: "T-IMG-NON-AUTH",
    comment: "a library that throws here must not take the verifier with it",
  },
  {
    row: 4,
    name: "signed-by-a-stranger",
    file: signedBy({ signer: foreign }),
    refusal: unknown(foreign),
    threat: "T-IMG-NON-AUTH",
    comment: "a good signature by a key that is not trusted here",
  },
  {
    row: 4,
    name: "signed-by-two-strangers",
    file: signedBy({ signer: foreign }, { signer: owner }),
    refusal: unknown(foreign, owner),
    threat: "T-IMG-NON-AUTH",
    comment: "all of them are named",
  },
  {
    row: 4,
    name: "signed-by-a-stranger-without-a-key-id",
    file: signedBy({ signer: foreign, keyId: "absent" }),
    base: "key-id-absent",
    refusal: invalid("none"),
    threat: "T-IMG-NON-AUTH",
    comment: "every trusted key of the algorithm was tried",
  },
  {
    row: 4,
    name: "signed-by-a-stranger-under-the-vendors-key-id",
    file: signedBy({ signer: foreign, keyId: vendor.keyId }),
    refusal: invalid(idOf(vendor)),
    threat: "T-IMG-NON-AUTH",
    comment: "a key id proves nothing",
  },
  {
    row: 4,
    name: "signature-over-another-digest",
    file: signedBy({ over: encode([-16, new Uint8Array(32)]) }),
    refusal: invalid(idOf(vendor)),
    threat: "T-IMG-NON-AUTH",
    comment: "a block taken from another envelope",
  },
  {
    row: 4,
    name: "signature-over-the-enclosed-digest",
    file: envelope(content, { blocks: (element) => [sign1(element, { over: encode(element) })] }),
    refusal: invalid(idOf(vendor)),
    comment: "the payload is the content of the wrapper's first element; it gets its head once",
  },
  {
    row: 4,
    name: "signature-over-the-manifest",
    file: signedBy({ over: encode(content) }),
    refusal: invalid(idOf(vendor)),
    comment: "signed is the digest, so that severing and more signatures change nothing",
  },
  {
    row: 4,
    name: "invalid-signature-beside-a-strangers",
    file: signedBy({ signer: foreign }, { signature: new Uint8Array(64) }),
    refusal: invalid(idOf(vendor)),
    threat: "T-IMG-NON-AUTH",
    comment: "the refusal names the most telling block",
  },
  {
    row: 4,
    name: "one-signature-where-two-are-needed",
    file: signedBy({}),
    context: "two-of-two",
    refusal: threshold(1, 2),
    threat: "T-KEY-EXPOSURE",
    comment: "the vendor demands two of its keys",
  },
  {
    row: 4,
    name: "one-key-twice-where-two-are-needed",
    file: signedBy({}, {}),
    context: "two-of-two",
    refusal: threshold(1, 2),
    threat: "T-KEY-EXPOSURE",
    comment: "distinct keys are counted, not blocks",
  },
  {
    row: 4,
    name: "one-key-with-and-without-its-id-where-two-are-needed",
    file: signedBy({}, { keyId: "absent" }),
    context: "two-of-two",
    refusal: threshold(1, 2),
    threat: "T-KEY-EXPOSURE",
    comment: "two different blocks by one key",
  },
  {
    row: 4,
    name: "approval-without-a-release",
    file: signedBy({ signer: owner }),
    base: "two-signatures",
    context: "owner-approves",
    refusal: threshold(0, 1),
    threat: "T-UPD-UNAPPROVED",
    comment: "the owner can hold an update back, never let one through",
  },
  {
    row: 4,
    name: "algorithm-legacy",
    file: signedBy({ algorithm: -8 }),
    base: "legacy-algorithm-allowed",
    refusal: notAllowed(-8, idOf(vendor)),
    threat: "T-IMG-NON-AUTH",
    comment: "EdDSA (-8), which this trust record does not allow",
  },
  {
    row: 4,
    name: "algorithm-of-another-key",
    file: signedBy({ algorithm: -9 }),
    refusal: notAllowed(-9, idOf(vendor)),
    threat: "T-IMG-NON-AUTH",
    comment: "the algorithm belongs to the key; a message cannot choose",
  },
  {
    row: 4,
    name: "algorithm-post-quantum-where-the-profile-has-none",
    file: signedBy({ algorithm: -49 }),
    refusal: notAllowed(-49, idOf(vendor)),
    threat: "T-IMG-NON-AUTH",
    comment: "ML-DSA-65 is not of the classic profile",
  },
  {
    row: 4,
    name: "algorithm-unknown",
    file: signedBy({ algorithm: -37 }),
    refusal: notAllowed(-37, idOf(vendor)),
    threat: "T-IMG-NON-AUTH",
    comment: "PS256: no key here is of that kind",
  },
  {
    row: 4,
    name: "algorithm-absent",
    file: envelope(content, {
      blocks: () => [
        encode(new Tagged(18, [encode(labelled({ 4: vendor.keyId })), new Map(), null, new Uint8Array(64)])),
      ],
    }),
    refusal: notAllowed("none", idOf(vendor)),
    threat: "T-IMG-NON-AUTH",
    comment: "the message has to agree with the key",
  },
  {
    row: 4,
    name: "hybrid-without-the-post-quantum-signature",
    file: signedBy({}),
    context: "hybrid",
    refusal: { code: "threshold-not-met", facts: { role: "release", have: 0, need: 1, part: "ml-dsa" } },
    threat: "T-KEY-EXPOSURE",
    comment: "both kinds of signatures must verify; to take one out of the envelope makes no classical update of it",
  },
  {
    row: 4,
    name: "cnsa2-signed-classically",
    file: envelope(content, { element: sha384Element }),
    base: "manifest-digest-sha-384",
    context: "cnsa2",
    refusal: notAllowed(-19, idOf(vendor)),
    threat: "T-KEY-EXPOSURE",
    comment: "a good signature of a kind that counts for nothing in this profile",
  },
  {
    row: 5,
    name: "cnsa2-manifest-digest-sha-256",
    file: signedBy({}),
    context: "cnsa2",
    refusal: { code: "digest-not-allowed", facts: { digest: "sha-256", of: "manifest", profile: "cnsa2" } },
    threat: "T-KEY-EXPOSURE",
    comment: "asked before any signature over it is verified",
  },
  {
    row: 3,
    name: "mac0-only",
    file: unsupportedBlock(17, [header, new Map(), null, new Uint8Array(32)]),
    base: "mac-beside-the-signature",
    refusal: notAllowed("none", "none"),
    threat: "T-IMG-NON-AUTH",
    comment: "whoever can check a MAC can make one",
  },
  {
    row: 3,
    name: "mac-with-recipients-only",
    file: unsupportedBlock(97, [header, new Map(), null, new Uint8Array(32), []]),
    base: "mac-beside-the-signature",
    refusal: notAllowed("none", "none"),
    threat: "T-IMG-NON-AUTH",
    comment: "COSE_Mac, tag 97",
  },
  {
    row: 3,
    name: "several-signers-in-one-block-only",
    file: unsupportedBlock(98, [header, new Map(), null, []]),
    base: "mac-beside-the-signature",
    refusal: notAllowed("none", "none"),
    threat: "T-IMG-NON-AUTH",
    comment: "COSE_Sign, tag 98: several COSE_Sign1 are read instead",
  },
];
