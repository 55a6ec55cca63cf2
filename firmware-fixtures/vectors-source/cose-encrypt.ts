import { type MarkedHex, markedHex } from "./marked-hex.ts";
import type { Vector } from "./vector-file.ts";

/** What decides how a vector of this layer is read. */
const context = "encrypt";

const iv12 = `4c ${"a1".repeat(12)}`;
const iv16 = `50 ${"a1".repeat(16)}`;
const wrapped = `5818 ${"b2".repeat(24)}`;
const longWrapped = `5828 ${"b2".repeat(40)}`;
/** The base point of P-256: a public key that nobody would use, and a point of the curve. */
const x = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const y = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const key = `a4 01 02 20 01 21 5820 ${x} 22 5820 ${y}`;

const a128gcm = "43 a1 01 01";
const a128ctr = "39 fffd";
const keyWrap = (header = "a2 01 22 04 42 aabb", of = wrapped, protectedHeader = "40"): string =>
  `83 ${protectedHeader} ${header} ${of}`;
const agreement = (ephemeral = key, header = `a2 20 ${ephemeral} 04 42 aabb`): string =>
  `83 44 a1 01 381c ${header} ${wrapped}`;

/** The items of a COSE_Encrypt as hex; what is left out is as it should be. One may contain a mark. */
interface Parts {
  readonly tag?: string;
  readonly array?: string;
  readonly protected?: string;
  readonly unprotected?: string;
  readonly ciphertext?: string;
  readonly recipients?: string;
}

const structure = (parts: Parts): MarkedHex =>
  markedHex(
    [
      parts.tag ?? "d8 60",
      parts.array ?? "84",
      parts.protected ?? a128gcm,
      parts.unprotected ?? `a1 05 ${iv12}`,
      parts.ciphertext ?? "f6",
      parts.recipients ?? `81 ${keyWrap()}`,
    ].join(""),
  );
const counter: Parts = { protected: "40", unprotected: `a2 01 ${a128ctr} 05 ${iv16}` };
const to = (recipient: string): Parts => ({ recipients: `81 ${recipient}` });

const acceptedRows: readonly (Parts & { readonly name: string; readonly comment: string })[] = [
  { name: "encrypt-for-a-wrapping-key", comment: "AES-GCM, the content key wrapped by A128KW" },
  {
    name: "encrypt-for-an-agreed-key",
    ...to(agreement()),
    comment: "AES-GCM, ECDH-ES+A128KW; -1 before 4 as published",
  },
  {
    name: "encrypt-for-two",
    recipients: `82 ${keyWrap()} ${agreement()}`,
    comment: "whoever finds its own key among the recipients decrypts",
  },
  { name: "encrypt-in-counter-mode", ...counter, comment: "AES-CTR: authenticated by the image digest only" },
  {
    name: "encrypt-with-256-bits",
    protected: "40",
    unprotected: `a2 01 39 fffb 05 ${iv16}`,
    ...to(keyWrap("a1 01 24", longWrapped)),
    comment: "A256CTR, a content key of 32 bytes, wrapped by A256KW",
  },
];

interface Row extends Parts {
  readonly name: string;
  readonly reason?: string;
  /** A number that is not known, in place of a reason. */
  readonly label?: number;
  readonly field: string;
  readonly base?: string;
  readonly comment: string;
}

const agreed = "encrypt-for-an-agreed-key";
const inCounterMode = "encrypt-in-counter-mode";
const recipientField = ".recipients.0";
const keyField = `${recipientField}.unprotected.ephemeral-key`;

const rejectedRows: readonly Row[] = [
  {
    name: "encrypt-untagged",
    tag: "|",
    reason: "wrong-type",
    field: "",
    comment: "without its tag it could be another structure",
  },
  {
    name: "encrypt-tag-of-encrypt0",
    tag: "|d0",
    reason: "wrong-value",
    field: "",
    comment: "16: a structure without recipients",
  },
  {
    name: "encrypt-without-recipients",
    recipients: "|80",
    reason: "wrong-length",
    field: ".recipients",
    comment: "for nobody",
  },
  {
    name: "encrypt-three-items",
    array: "|83",
    recipients: "",
    reason: "wrong-length",
    field: "",
    comment: "the recipients are missing",
  },
  {
    name: "encrypt-ciphertext-embedded",
    ciphertext: "|43 010203",
    reason: "not-allowed-here",
    field: ".ciphertext",
    comment: "it lies in a component, not here",
  },
  {
    name: "encrypt-algorithm-unknown",
    protected: "44 a1 01 |1818",
    label: 24,
    field: ".alg",
    comment: "ChaCha20/Poly1305: registered, and not supported",
  },
  {
    name: "encrypt-algorithm-missing",
    protected: "40",
    array: "|84",
    reason: "missing",
    field: ".alg",
    comment: "in neither header",
  },
  {
    name: "encrypt-algorithm-unprotected",
    protected: "40",
    unprotected: `a2 01 |01 05 ${iv12}`,
    reason: "not-allowed-here",
    field: ".unprotected.alg",
    comment: "an AEAD authenticates its algorithm",
  },
  {
    name: "encrypt-algorithm-in-both-headers",
    unprotected: `a2 01 |01 05 ${iv12}`,
    reason: "duplicate-key",
    field: ".unprotected.alg",
    comment: "it could mean two things",
  },
  {
    name: "encrypt-counter-mode-protected",
    protected: "45 a1 01 |39 fffd",
    unprotected: `a1 05 ${iv16}`,
    reason: "not-allowed-here",
    field: ".protected.alg",
    base: inCounterMode,
    comment: "what does not authenticate has no protected header",
  },
  {
    name: "encrypt-protected-header-empty",
    ...counter,
    protected: "41 |a0",
    reason: "missing",
    field: ".protected.alg",
    base: inCounterMode,
    comment: "no header is zero bytes; an empty map is a second spelling",
  },
  {
    name: "encrypt-critical",
    protected: "46 a2 01 01 |02 81 05",
    label: 2,
    field: ".protected",
    comment: "no critical header is understood here",
  },
  {
    name: "encrypt-label-unknown",
    unprotected: `a2 05 ${iv12} |06 41 00`,
    label: 6,
    field: ".unprotected",
    comment: "a partial IV would make another IV",
  },
  {
    name: "encrypt-iv-missing",
    unprotected: "|a0",
    reason: "missing",
    field: ".unprotected.iv",
    comment: "a fixed one would repeat",
  },
  {
    name: "encrypt-iv-of-16-bytes",
    unprotected: `a1 05 |${iv16}`,
    reason: "wrong-length",
    field: ".unprotected.iv",
    comment: "GCM takes 12",
  },
  {
    name: "encrypt-iv-of-12-bytes-in-counter-mode",
    ...counter,
    unprotected: `a2 01 ${a128ctr} 05 |${iv12}`,
    reason: "wrong-length",
    field: ".unprotected.iv",
    base: inCounterMode,
    comment: "a counter block has 16",
  },
  {
    name: "encrypt-recipient-algorithm-unknown",
    ...to(keyWrap("a2 01 |25 04 42 aabb")),
    label: -6,
    field: `${recipientField}.alg`,
    comment: "direct use of a key",
  },
  {
    name: "encrypt-recipient-of-a-recipient",
    ...to(`|84 40 a2 01 22 04 42 aabb ${wrapped} 80`),
    reason: "wrong-length",
    field: recipientField,
    comment: "one level and no more",
  },
  {
    name: "encrypt-recipient-label-unknown",
    ...to(keyWrap("a2 01 22 |33 41 00")),
    label: -20,
    field: `${recipientField}.unprotected`,
    comment: "a salt, which would make another key",
  },
  {
    name: "encrypt-wrapped-key-of-16-bytes",
    ...to(keyWrap(undefined, `|50 ${"b2".repeat(16)}`)),
    reason: "wrong-length",
    field: `${recipientField}.wrapped-key`,
    comment: "a content key in the clear has that length",
  },
  {
    name: "encrypt-wrapped-key-of-another-cipher",
    ...to(keyWrap(undefined, `|${longWrapped}`)),
    reason: "wrong-length",
    field: `${recipientField}.wrapped-key`,
    comment: "32 bytes of key for A128GCM",
  },
  {
    name: "encrypt-ephemeral-key-missing",
    ...to(agreement(key, "|a1 04 42 aabb")),
    reason: "missing",
    field: keyField,
    base: agreed,
    comment: "there is nothing to agree with",
  },
  {
    name: "encrypt-ephemeral-key-beside-a-wrapping-key",
    ...to(keyWrap(`a2 01 22 20 |${key}`)),
    reason: "not-allowed-here",
    field: keyField,
    comment: "of no use there, and who knows who would use it",
  },
  {
    name: "encrypt-ephemeral-key-off-the-curve",
    ...to(agreement(`|a4 01 02 20 01 21 5820 ${x} 22 5820 ${x}`)),
    reason: "wrong-value",
    field: keyField,
    base: agreed,
    comment: "with such points a recipient's private key leaks piece by piece",
  },
  {
    name: "encrypt-ephemeral-key-compressed",
    ...to(agreement(`a4 01 02 20 01 21 5820 ${x} 22 |f5`)),
    reason: "compressed-point",
    field: `${keyField}.y`,
    base: agreed,
    comment: "one form of a point, not two",
  },
  {
    name: "encrypt-ephemeral-key-on-p-384",
    ...to(agreement(`a4 01 02 20 |02 21 5820 ${x} 22 5820 ${y}`)),
    label: 2,
    field: `${keyField}.crv`,
    base: agreed,
    comment: "another curve",
  },
  {
    name: "encrypt-ephemeral-key-with-its-private-half",
    ...to(agreement(`a5 01 02 20 01 21 5820 ${x} 22 5820 ${y} |23 5820 ${y}`)),
    label: -4,
    field: keyField,
    base: agreed,
    comment: "whoever sends it has given the payload away",
  },
  {
    name: "encrypt-ephemeral-coordinate-short",
    ...to(agreement(`a4 01 02 20 01 21 |581f ${x.slice(2)} 22 5820 ${y}`)),
    reason: "wrong-length",
    field: `${keyField}.x`,
    base: agreed,
    comment: "leading zeros are written",
  },
];

export const encryptAccepted: readonly Vector[] = acceptedRows.map(({ name, comment, ...parts }) => ({
  layer: "cose",
  name,
  expect: { verdict: "accept" },
  headers: { context, comment },
  bytes: structure(parts).bytes,
}));

export const encryptRejected: readonly Vector[] = rejectedRows.map((row): Vector => {
  const { name, reason, label, field, base = "encrypt-for-a-wrapping-key", comment, ...parts } = row;
  const { bytes, mark } = structure(parts);
  if (mark === undefined) throw new RangeError(`${name}: no byte is marked`);
  return {
    layer: "cose",
    name,
    expect: {
      verdict: "reject",
      code: label === undefined ? "malformed" : "unsupported",
      ...(reason === undefined ? {} : { reason }),
      offset: mark,
    },
    headers: {
      field: `encrypt${field}`,
      ...(label === undefined ? {} : { facts: `label=${label}` }),
      base,
      context,
      comment,
    },
    bytes,
  };
});
