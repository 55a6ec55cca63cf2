import { invalidSignatures, keyOf } from "./cose-accept.ts";
import {
  type BlockParts,
  block,
  bytesItem,
  ed25519Header,
  signatureOver,
  vendorKid,
  withLargeScalar,
} from "./cose-block.ts";
import type { Vector } from "./vector-file.ts";

/** What is malformed, with the refused byte marked in one of the parts; `field` goes behind "block". */
interface Row extends BlockParts {
  readonly name: string;
  readonly reason: string;
  readonly field: string;
  readonly base?: string;
  readonly comment: string;
}

const signature = bytesItem(signatureOver(ed25519Header));
const label = ` 04 ${vendorKid}`;

const rows: readonly Row[] = [
  {
    name: "untagged",
    tag: "|",
    reason: "wrong-type",
    field: "",
    comment: "without its tag it could be another structure",
  },
  { name: "tag-of-mac0", tag: "|d1", reason: "wrong-value", field: "", comment: "17: a MAC is no signature" },
  {
    name: "tag-of-sign",
    tag: "|d8 62",
    reason: "wrong-value",
    field: "",
    comment: "98: a structure with several signers",
  },
  { name: "tag-of-encrypt", tag: "|d8 60", reason: "tag-not-allowed", field: "", comment: "96 has no place here" },
  { name: "tag-twice", tag: "d2 |d2", reason: "wrong-type", field: "", comment: "a tag in the tag" },
  {
    name: "three-items",
    array: "|83",
    signature: "",
    reason: "wrong-length",
    field: "",
    comment: "the signature is missing",
  },
  {
    name: "five-items",
    array: "|85",
    signature: `${signature} 00`,
    reason: "wrong-length",
    field: "",
    comment: "one too many",
  },
  {
    name: "map-in-place-of-the-array",
    array: "|a2",
    reason: "wrong-type",
    field: "",
    comment: "the same four items as two entries",
  },
  {
    name: "protected-header-not-enclosed",
    protected: `|${ed25519Header}`,
    reason: "wrong-type",
    field: ".protected",
    comment: "it is signed as bytes, so it has to be bytes",
  },
  {
    name: "protected-header-an-array",
    header: "|80",
    reason: "wrong-type",
    field: ".protected",
    comment: "a header is a map",
  },
  {
    name: "protected-header-with-a-trailing-byte",
    header: `${ed25519Header} |00`,
    reason: "trailing-bytes",
    field: ".protected",
    comment: "signed too, and read by nobody",
  },
  {
    name: "protected-header-cut-short",
    header: `a3 01 32${label} |`,
    reason: "truncated",
    field: ".protected",
    comment: "three entries announced, two there",
  },
  {
    name: "protected-label-twice",
    header: `a3 01 32 |01 28${label}`,
    reason: "duplicate-key",
    field: ".protected",
    comment: "one reader takes the first algorithm, another the last",
  },
  {
    name: "protected-label-in-two-bytes",
    header: `a2 |1801 32${label}`,
    reason: "non-shortest",
    field: ".protected",
    comment: "a second spelling of label 1",
  },
  {
    name: "protected-header-of-indefinite-length",
    header: `|bf 01 32${label} ff`,
    reason: "indefinite-length",
    field: ".protected",
    comment: "a second spelling of the map",
  },
  {
    name: "protected-label-bytes",
    header: `a3 01 32${label} |4101 00`,
    reason: "wrong-type",
    field: ".protected",
    comment: "a label is an integer or a text",
  },
  {
    name: "protected-value-with-a-tag",
    header: `a3 01 32${label} 1821 |c1 00`,
    reason: "tag-not-allowed",
    field: ".protected",
    comment: "no header that is understood here has one",
  },
  {
    name: "protected-header-too-deep",
    header: `a3 01 32${label} 1821 ${"81".repeat(7)} |81 00`,
    reason: "too-deep",
    field: ".protected",
    base: "unknown-label-protected",
    comment: "eight levels are enough for every registered header",
  },
  {
    name: "algorithm-a-text",
    header: `a2 01 |67 45643235353139${label}`,
    reason: "wrong-type",
    field: ".protected.alg",
    comment: "COSE has text names; nothing here is called by one",
  },
  {
    name: "algorithm-unprotected",
    header: `a1${label}`,
    unprotected: "a1 01 |32",
    reason: "not-allowed-here",
    field: ".unprotected.alg",
    comment: "anybody could have put it there",
  },
  {
    name: "algorithm-in-both-headers",
    unprotected: "a1 |01 28",
    reason: "duplicate-key",
    field: ".unprotected",
    comment: "one reader takes the signed one, another the other",
  },
  {
    name: "key-id-in-both-headers",
    unprotected: "a1 |04 41aa",
    reason: "duplicate-key",
    field: ".unprotected",
    comment: "RFC 9052 3: a label stands in one of the two",
  },
  {
    name: "unknown-label-in-both-headers",
    header: `a3 01 32${label} 1821 00`,
    unprotected: "a1 |1821 00",
    reason: "duplicate-key",
    field: ".unprotected",
    base: "unknown-label-protected",
    comment: "also where the label means nothing here",
  },
  {
    name: "text-label-in-both-headers",
    header: `a3 01 32${label} 63 666f6f 00`,
    unprotected: "a1 |63 666f6f 00",
    reason: "duplicate-key",
    field: ".unprotected",
    base: "text-label",
    comment: "also where the label is a text",
  },
  {
    name: "critical-protected",
    header: `a3 01 32 02 |81 1821${label}`,
    reason: "not-allowed-here",
    field: ".protected.crit",
    base: "unknown-label-protected",
    comment: "no critical header is understood here, so to ignore one would be to disobey it",
  },
  {
    name: "critical-names-an-understood-label",
    header: `a3 01 32 02 |81 01${label}`,
    reason: "not-allowed-here",
    field: ".protected.crit",
    comment: "refused like every other: alg must not be listed (RFC 9052 3.1)",
  },
  {
    name: "critical-unprotected",
    unprotected: "a1 02 |81 1821",
    reason: "not-allowed-here",
    field: ".unprotected.crit",
    base: "unknown-label-unprotected",
    comment: "it belongs into the protected header, and counts for nothing elsewhere",
  },
  {
    name: "key-id-a-text",
    header: "a1 01 32",
    unprotected: "a1 04 |63 616263",
    reason: "wrong-type",
    field: ".kid",
    base: "key-id-unprotected",
    comment: "a key id is bytes",
  },
  {
    name: "unprotected-header-bytes",
    unprotected: "|40",
    reason: "wrong-type",
    field: ".unprotected",
    comment: "only the protected header is enclosed",
  },
  {
    name: "unprotected-label-twice",
    unprotected: "a2 1821 00 |1821 01",
    reason: "duplicate-key",
    field: "",
    base: "unknown-label-unprotected",
    comment: "in any order is not more than once",
  },
  {
    name: "unprotected-map-key-unsorted",
    unprotected: "a1 1821 a1 a2 02 00 |01 00 00",
    reason: "unsorted-keys",
    field: "",
    base: "label-with-nested-value",
    comment: "a key that is a map has one spelling, or a duplicate could hide behind another",
  },
  {
    name: "payload-embedded",
    payload: "|42 822f",
    reason: "not-allowed-here",
    field: ".payload",
    comment: "the digest stands beside the block",
  },
  {
    name: "payload-empty",
    payload: "|40",
    reason: "not-allowed-here",
    field: ".payload",
    comment: "empty is not absent",
  },
  {
    name: "payload-false",
    payload: "|f4",
    reason: "not-allowed-here",
    field: ".payload",
    comment: "nil and nothing else",
  },
  { name: "payload-undefined", payload: "|f7", reason: "undefined", field: "", comment: "nil and nothing else" },
  {
    name: "signature-empty",
    signature: "|40",
    reason: "wrong-length",
    field: ".signature",
    comment: "the block signs nothing",
  },
  {
    name: "signature-nil",
    signature: "|f6",
    reason: "wrong-type",
    field: ".signature",
    comment: "the block signs nothing",
  },
  {
    name: "signature-a-text",
    signature: "|61 61",
    reason: "wrong-type",
    field: ".signature",
    comment: "a signature is bytes",
  },
];

const malformed = rows.map(({ name, reason, field, base, comment, ...parts }): Vector => {
  const { bytes, mark } = block(parts);
  if (mark === undefined) throw new RangeError(`${name}: no byte is marked`);
  return {
    layer: "cose",
    name,
    expect: { verdict: "reject", code: "malformed", reason, offset: mark },
    headers: { field: `block${field}`, base: base ?? "ed25519", comment },
    bytes,
  };
});

const largeScalar: (typeof invalidSignatures)[number] = [
  "signature-with-a-large-scalar",
  "ed25519",
  { signature: bytesItem(withLargeScalar(signatureOver(ed25519Header))) },
  "S + L instead of S: RFC 8032 5.1.7 refuses what ZIP-215 takes",
];

const invalid = [...invalidSignatures, largeScalar].map(
  ([name, base, parts, comment]): Vector => ({
    layer: "cose",
    name,
    expect: { verdict: "reject", code: "signature-invalid" },
    headers: { base, ...keyOf(base), comment },
    bytes: block(parts).bytes,
  }),
);

export const coseRejected: readonly Vector[] = [...malformed, ...invalid];
