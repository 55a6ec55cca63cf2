import { type CborValue, Encoded, encode, Tagged } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import {
  commands,
  common,
  digestItem,
  type EnvelopeOptions,
  envelope,
  fetchFirmware,
  hexOf,
  image,
  labelled,
  manifest,
  memberDigest,
  raw,
  running,
  sign1,
} from "./craft-envelope.ts";
import { text } from "./suit-text.ts";
import { malformed, type RejectedEnvelope, unsupported } from "./suit-vector.ts";
import { sha256, vendor } from "./test-signer.ts";

const field = "envelope.authentication-wrapper";
const content = manifest();
const element = encode(memberDigest(content));
const block = sign1(element);

const withWrapper = (...items: readonly CborValue[]): Uint8Array =>
  envelope(content, { members: { 2: encode([...items]) } });
const withBlock = (item: CborValue): Uint8Array => envelope(content, { blocks: () => [item] });
/** A COSE_Sign1 of other items; what is not under test is as it should be. */
const blockOf = (header: CborValue, unprotected: CborValue, payload: CborValue, tag = 18): Uint8Array =>
  encode(new Tagged(tag, [header, unprotected, payload, new Uint8Array(64)]));
const header = encode(labelled({ 1: -19, 4: vendor.keyId }));

/** Row 3: the shape of the envelope and of its wrapper. */
const shapeRows: readonly RejectedEnvelope[] = [
  {
    row: 3,
    name: "wrapper-missing",
    file: envelope(content, { members: { 2: undefined } }),
    at: 2,
    refusal: malformed("missing", field),
    threat: "T-IMG-NON-AUTH",
    comment: "nothing authenticates the manifest",
  },
  {
    row: 3,
    name: "manifest-missing",
    file: encode(new Tagged(107, labelled({ 2: encode([element, block]) }))),
    at: 2,
    refusal: malformed("missing", "envelope.manifest"),
    comment: "a signature over something that did not come along",
  },
  {
    row: 3,
    name: "wrapper-after-the-manifest",
    file: encode(
      new Tagged(107, new Encoded(Uint8Array.of(0xa2, 3, ...encode(content), 2, ...encode(encode([element, block]))))),
    ),
    at: `15 02 03 0f | 02 58`,
    refusal: malformed("unsorted-keys", "envelope"),
    comment: "a reader of streams would have seen the manifest before it could be believed",
  },
  {
    row: 3,
    name: "wrapper-empty",
    file: withWrapper(),
    at: "02 41 | 80",
    refusal: malformed("wrong-length", field),
    comment: "not even a digest",
  },
  {
    row: 3,
    name: "wrapper-not-enclosed",
    file: envelope(content, { members: { 2: [element, block] } }),
    at: `a2 02 | 82 5824`,
    refusal: malformed("wrong-type", field),
    comment: "the array without its byte string",
  },
  {
    row: 3,
    name: "wrapper-a-map",
    file: envelope(content, { members: { 2: encode(new Map([[element, block]])) } }),
    at: `| a1 5824 ${bytesToHex(element)}`,
    refusal: malformed("wrong-type", field),
    comment: "digest and block as key and value",
  },
  {
    row: 3,
    name: "digest-missing",
    file: withWrapper(block),
    at: `81 586e | ${bytesToHex(block.subarray(0, 4))}`,
    refusal: malformed("tag-not-allowed", `${field}.digest`),
    comment: "a block where the digest belongs",
  },
  {
    row: 3,
    name: "digest-not-enclosed",
    file: withWrapper(memberDigest(content), block),
    at: `82 | 82 2f 5820`,
    refusal: malformed("wrong-type", `${field}.digest`),
    comment: "signed are the bytes in the byte string",
  },
  {
    row: 3,
    name: "digest-with-a-third-item",
    file: envelope(content, { element: encode([-16, new Uint8Array(32), 0]) }),
    at: "| 83 2f 5820",
    refusal: malformed("wrong-length", `${field}.digest`),
    comment: "the extension point of SUIT_Digest; no extension is known",
  },
  {
    row: 3,
    name: "digest-of-31-bytes",
    file: envelope(content, { element: encode([-16, new Uint8Array(31)]) }),
    at: "82 2f | 581f",
    refusal: malformed("wrong-length", `${field}.digest.bytes`),
    comment: "the algorithm fixes the length",
  },
  {
    row: 3,
    name: "digest-sha-384-of-32-bytes",
    file: envelope(content, { element: encode([-43, new Uint8Array(32)]) }),
    base: "manifest-digest-sha-384",
    at: "82 382a | 5820",
    refusal: malformed("wrong-length", `${field}.digest.bytes`),
    comment: "a truncated digest is weaker than its name",
  },
  {
    row: 3,
    name: "digest-algorithm-a-text",
    file: envelope(content, { element: encode(["SHA-256", new Uint8Array(32)]) }),
    at: "82 | 67 5348412d323536 5820",
    refusal: malformed("wrong-type", `${field}.digest.algorithm`),
    comment: "a number and nothing else",
  },
  {
    row: 3,
    name: "block-not-enclosed",
    file: withBlock(new Tagged(18, [header, new Map(), null, new Uint8Array(64)])),
    at: "| d2 84",
    refusal: malformed("tag-not-allowed", field),
    comment: "the block without its byte string",
  },
  {
    row: 3,
    name: "block-untagged",
    file: withBlock(encode([header, new Map(), null, new Uint8Array(64)])),
    at: "58 6d | 84 5826",
    refusal: malformed("wrong-type", `${field}.blocks.0`),
    comment: "which COSE structure it is, only the tag says",
  },
  {
    row: 3,
    name: "block-with-tag-19",
    file: withBlock(blockOf(header, new Map(), null, 19)),
    at: "| d3 84",
    refusal: malformed("tag-not-allowed", `${field}.blocks.0`),
    comment: "19 is COSE_Countersignature",
  },
  {
    row: 3,
    name: "block-with-an-embedded-payload",
    file: withBlock(blockOf(header, new Map(), element)),
    at: `a0 | ${hexOf(element)}`,
    refusal: malformed("not-allowed-here", `${field}.blocks.0.payload`),
    comment: "the digest stands beside the block, not in it",
  },
  {
    row: 4,
    name: "block-with-a-critical-header",
    file: withBlock(blockOf(encode(labelled({ 1: -19, 2: [33], 4: vendor.keyId, 33: 0 })), new Map(), null)),
    at: "02 | 81 1821",
    refusal: malformed("not-allowed-here", `${field}.blocks.0.protected.crit`),
    comment: "no critical header is understood here, so to ignore one would be to disobey it",
  },
  {
    row: 3,
    name: "manifest-not-enclosed",
    file: envelope(content, { members: { 3: labelled({ 1: 1, 2: 7, 3: common() }) } }),
    at: "03 | a3 01 01 02 07",
    refusal: malformed("wrong-type", "envelope.manifest"),
    comment: "without its byte string there is nothing to be hashed",
  },
  {
    row: 3,
    name: "integrated-payload-a-text",
    file: envelope(running(20, 20, labelled({ 21: "#firmware" }), 21, 2, 3, 15), { payloads: { "#firmware": "text" } }),
    base: "integrated-payload",
    at: `${hexOf("#firmware")} | ${hexOf("text")}`,
    refusal: malformed("wrong-type", "envelope.integrated-payload"),
    comment: "a payload is bytes",
  },
  {
    row: 3,
    name: "severed-member-not-enclosed",
    file: envelope(manifest({ 20: memberDigest(fetchFirmware) }), { members: { 20: raw("82 03 0f") } }),
    base: "severed-install",
    at: "14 | 82 03 0f",
    refusal: malformed("wrong-type", "envelope.install"),
    comment: "without its byte string there is nothing to be hashed",
  },
  {
    row: 3,
    name: "envelope-key-bytes",
    file: encode(
      new Tagged(
        107,
        new Map<CborValue, CborValue>([
          [2, encode([element, block])],
          [3, content],
          [Uint8Array.of(1), image],
        ]),
      ),
    ),
    at: `15 02 03 0f | 41 01`,
    refusal: malformed("wrong-type", "envelope"),
    comment: "a key is a number or the name of a payload",
  },
];

const envelopeKey = (key: number, name: string, comment: string): RejectedEnvelope => ({
  row: 9,
  name,
  file: envelope(content, { members: { [key]: fetchFirmware } }),
  at: `| ${hexOf(key)} ${hexOf(fetchFirmware)}`,
  refusal: unsupported("envelope", key),
  comment,
});

/** Row 9: envelope keys that mean nothing here, or nothing yet. */
const keyRows: readonly RejectedEnvelope[] = [
  envelopeKey(0, "envelope-key-0", "the number for unset is never valid"),
  envelopeKey(1, "envelope-key-delegation", "reserved by the draft"),
  envelopeKey(14, "envelope-key-coswid", "severed CoSWID: not supported"),
  envelopeKey(15, "envelope-key-dependency-resolution", "trust-domains, where that is not turned on"),
  envelopeKey(17, "envelope-key-17", "install in drafts before -27"),
  envelopeKey(18, "envelope-key-candidate-verification", "trust-domains, where that is not turned on"),
  envelopeKey(24, "envelope-key-uninstall", "uninstall is never severed"),
  envelopeKey(-257, "envelope-key-private", "a private number"),
];

/** The pattern for the content of a severed member, which is what a refusal of it names. */
const contentOf = (key: number, member: Uint8Array): string => {
  const head = hexOf(member).slice(0, -2 * member.length);
  return `${hexOf(key)} ${head} | ${bytesToHex(member)}`;
};

const forged = commands(21, 2);
const harmless = encode(new Map([["en", labelled({ 1: "harmless" })]]));
const beside = (members: EnvelopeOptions["members"], manifestBytes = content): Uint8Array =>
  envelope(manifestBytes, { ...(members && { members }) });

/** Rows 5 to 8: what the signed digest covers, and what the manifest's own digests cover. */
const digestRows: readonly RejectedEnvelope[] = [
  {
    row: 5,
    name: "manifest-digest-of-the-content-alone",
    file: envelope(content, { element: encode(digestItem(content)) }),
    refusal: {
      code: "manifest-digest-mismatch",
      facts: { claimed: bytesToHex(sha256(content)), computed: bytesToHex(sha256(encode(content))) },
    },
    threat: "T-MFST-MODIFICATION",
    comment: "the digest covers the head of the byte string too",
  },
  {
    row: 5,
    name: "manifest-changed-after-signing",
    file: envelope(manifest({ 2: 8 }), { element }),
    refusal: {
      code: "manifest-digest-mismatch",
      facts: { claimed: bytesToHex(sha256(encode(content))), computed: bytesToHex(sha256(encode(manifest({ 2: 8 })))) },
    },
    threat: "T-MFST-MODIFICATION",
    comment: "the sequence number was raised",
  },
  {
    row: 5,
    name: "manifest-digest-shake-128",
    file: envelope(content, { element: encode([-18, new Uint8Array(32)]) }),
    at: "82 | 31 5820",
    refusal: unsupported(`${field}.digest.algorithm`, -18),
    comment: "registered, and not supported",
  },
  {
    row: 5,
    name: "manifest-digest-sha-1",
    file: envelope(content, { element: encode([-14, new Uint8Array(20)]) }),
    at: "82 | 2d 54",
    refusal: unsupported(`${field}.digest.algorithm`, -14),
    comment: "COSE has a number for it; SUIT does not take it",
  },
  {
    row: 6,
    name: "severed-install-changed",
    file: beside({ 20: forged }, manifest({ 20: memberDigest(fetchFirmware) })),
    base: "severed-install",
    at: contentOf(20, forged),
    refusal: { code: "severed-member-mismatch", facts: { member: "install" } },
    threat: "T-IMG-NON-AUTH",
    comment: "refused before it is parsed",
  },
  {
    row: 6,
    name: "severed-install-digest-of-the-content-alone",
    file: beside({ 20: fetchFirmware }, manifest({ 20: digestItem(fetchFirmware) })),
    base: "severed-install",
    at: contentOf(20, fetchFirmware),
    refusal: { code: "severed-member-mismatch", facts: { member: "install" } },
    threat: "T-IMG-NON-AUTH",
    comment: "the digest covers the head of the byte string too",
  },
  {
    row: 6,
    name: "severed-text-changed",
    file: beside({ 23: harmless }, manifest({ 23: memberDigest(text) })),
    base: "severed-text",
    at: contentOf(23, harmless),
    refusal: { code: "severed-member-mismatch", facts: { member: "text" } },
    threat: "T-MFST-MODIFICATION",
    comment: "no procedure uses text; people do",
  },
  {
    row: 7,
    name: "install-beside-an-inline-install",
    file: beside({ 20: forged }),
    at: contentOf(20, forged),
    refusal: { code: "member-unauthenticated", facts: { member: "install" } },
    threat: "T-IMG-NON-AUTH",
    comment: "the signed one is not replaced, and the other is not ignored",
  },
  {
    row: 7,
    name: "payload-fetch-of-nobody",
    file: beside({ 16: fetchFirmware }),
    at: contentOf(16, fetchFirmware),
    refusal: { code: "member-unauthenticated", facts: { member: "payload-fetch" } },
    threat: "T-IMG-NON-AUTH",
    comment: "the manifest has no such sequence; some processors run it (measured)",
  },
  {
    row: 7,
    name: "text-of-nobody",
    file: beside({ 23: text }),
    at: contentOf(23, text),
    refusal: { code: "member-unauthenticated", facts: { member: "text" } },
    threat: "T-IMG-NON-AUTH",
    comment: "words that nobody signed, shown to the person who approves",
  },
  {
    row: 8,
    name: "severed-install-left-behind",
    file: beside({}, manifest({ 20: memberDigest(fetchFirmware) })),
    base: "severed-install",
    refusal: { code: "severed-member-missing", facts: { member: "install" } },
    comment: "authentic, and not complete enough to be installed",
  },
  {
    row: 8,
    name: "severed-payload-fetch-left-behind",
    file: beside({}, manifest({ 16: memberDigest(fetchFirmware) })),
    base: "severed-payload-fetch",
    refusal: { code: "severed-member-missing", facts: { member: "payload-fetch" } },
    comment: "authentic, and not complete enough to be installed",
  },
];

export const envelopeRows: readonly RejectedEnvelope[] = [...shapeRows, ...keyRows, ...digestRows];
