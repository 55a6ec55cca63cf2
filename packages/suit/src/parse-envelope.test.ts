import { Encoded, encode, Tagged } from "@sumac/cbor";
import { toBeSigned } from "@sumac/cose";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { craftEnvelope, craftManifest, digestElement, map, offsetOf } from "./crafted-envelope.test.support.ts";
import { manifestDigest } from "./digest.ts";
import { digestAlgorithmLabel, severableLabel } from "./labels.ts";
import { defaultLimits } from "./limits.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { publishedEnvelopes, vectorBytes, vectorsAbsent } from "./published-vectors.test.support.ts";
import { serializeEnvelope } from "./serialize-envelope.ts";

const wrapper = "envelope.authentication-wrapper";
const sign1 = (...changes: readonly [number, unknown][]) => {
  const parts: unknown[] = [encode(map([[1, -9]])), map([]), null, new Uint8Array(64)];
  for (const [at, value] of changes) parts[at] = value;
  return encode(new Tagged(18, parts as never));
};
const wrapped = (...elements: Parameters<typeof encode>[0][]) => craftEnvelope({ 2: encode(elements) });

describe.skipIf(vectorsAbsent)("published envelopes", () => {
  for (const vector of ["draft-37", "libcsuit", "trust-domains"].flatMap(publishedEnvelopes)) {
    test(`${vector.file} has the parts that the index lists`, () => {
      const bytes = vectorBytes(vector.file);
      const parsed = parseEnvelope(bytes);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
      const envelope = parsed.value;
      expect(envelope.encoded).toEqual(bytes);
      expect(envelope.encoded).toHaveLength(vector.bytes);
      expect(digestAlgorithmLabel[envelope.digest.algorithm]).toBe(vector.manifestDigest.alg);
      expect(bytesToHex(envelope.digest.bytes)).toBe(vector.manifestDigest.hex);
      expect(bytesToHex(envelope.digestElement)).toBe(vector.wrapperDigestElementHex);
      expect(envelope.manifest.content).toHaveLength(vector.manifestBytes);
      const { contentOffset, content } = envelope.manifest;
      expect(bytes.subarray(contentOffset, contentOffset + content.length)).toEqual(content);
      expect(manifestDigest(envelope.manifest, "sha-256", nodeCrypto)).toEqual(envelope.digest);
      const keys = [2, 3, ...[...envelope.severed.keys()].map((name) => severableLabel[name])];
      expect([...keys, ...envelope.integratedPayloads.keys()]).toEqual(vector.envelopeKeys);
      const blocks = envelope.blocks.map((block) => {
        if (block.kind !== "sign1") throw new Error(`tag ${block.tag}`);
        expect(bytes.subarray(block.offset, block.offset + block.encoded.length)).toEqual(block.encoded);
        const { algorithm, signature } = block.sign1;
        const toBeSignedHex = bytesToHex(toBeSigned(block.sign1.protected, envelope.digestElement));
        return { alg: algorithm, toBeSignedHex, signatureHex: bytesToHex(signature) };
      });
      expect(blocks).toEqual(
        vector.authBlocks.map(({ alg, toBeSignedHex, signatureHex }) => ({ alg, toBeSignedHex, signatureHex })),
      );
    });
    test(`${vector.file} is written again byte for byte`, () => {
      const bytes = vectorBytes(vector.file);
      const parsed = parseEnvelope(bytes);
      expect(parsed.ok && bytesToHex(serializeEnvelope(parsed.value))).toBe(bytesToHex(bytes));
    });
  }
  test("the COSE_Mac0 and the integrated payload of other drafts are kept", () => {
    const mac = parseEnvelope(vectorBytes("firmware-encryption/suit-manifest-aes-kw.cbor"));
    expect(mac.ok && mac.value.blocks).toMatchObject([{ kind: "unsupported", tag: 17 }]);
    const integrated = parseEnvelope(vectorBytes("trust-domains/example2_integrated.cbor"));
    expect(integrated.ok && [...integrated.value.integratedPayloads.keys()]).toEqual(["#dependent.suit"]);
  });
});

describe("an envelope", () => {
  test("without signatures is well formed", () => {
    const parsed = parseEnvelope(craftEnvelope());
    expect(parsed.ok && parsed.value.blocks).toEqual([]);
  });

  test("is not parsed beyond its own members: what stands in the manifest does not matter yet", () => {
    expect(parseEnvelope(craftEnvelope({ 3: hexToBytes("ff00") })).ok).toBe(true);
    expect(parseEnvelope(craftEnvelope({ 20: hexToBytes("ff00") })).ok).toBe(true);
  });

  test("does not change with the caller's buffer", () => {
    const buffer = Buffer.from(craftEnvelope());
    const parsed = parseEnvelope(buffer);
    const before = parsed.ok && bytesToHex(parsed.value.manifest.encoded);
    buffer.fill(0);
    expect(parsed.ok && bytesToHex(parsed.value.manifest.encoded)).toBe(before);
    expect(before).toBe(bytesToHex(encode(craftManifest())));
  });

  test.each([17, 97, 98])("keeps a block with COSE tag %i as unsupported", (tag) => {
    const block = encode(new Tagged(tag, [new Uint8Array(), map([]), null, new Uint8Array(32)]));
    const parsed = parseEnvelope(wrapped(digestElement, block));
    expect(parsed.ok && parsed.value.blocks).toEqual([
      { kind: "unsupported", tag, encoded: block, offset: offsetOf(craftedWith(block), bytesToHex(block)) },
    ]);
  });

  test("takes COSE headers in any order, but no label twice", () => {
    const unsorted = new Encoded(hexToBytes("a2 20 00 01 26".replaceAll(" ", "")));
    const twice = new Encoded(hexToBytes("a2 04 40 04 40".replaceAll(" ", "")));
    const mac = (header: Encoded) => encode(new Tagged(17, [new Uint8Array(), header, null, new Uint8Array(32)]));
    expect(parseEnvelope(wrapped(digestElement, mac(unsorted))).ok).toBe(true);
    expect(parseEnvelope(wrapped(digestElement, mac(twice)))).toMatchObject({ error: { reason: "duplicate-key" } });
  });
});

const craftedWith = (block: Uint8Array) => wrapped(digestElement, block);

const tagged = (tag: string) => hexToBytes(`${tag}${bytesToHex(craftEnvelope()).slice(4)}`);

/** Rows of suit.md 6. `at` is what stands at the offset that the refusal names. */
const refused: readonly {
  readonly row: number;
  readonly name: string;
  readonly file: Uint8Array;
  readonly at: string | number;
  readonly refusal: object;
}[] = [
  {
    row: 1,
    name: "nothing at all",
    file: new Uint8Array(),
    at: 0,
    refusal: { reason: "truncated", field: "envelope" },
  },
  {
    row: 1,
    name: "one byte behind the envelope",
    file: Uint8Array.of(...craftEnvelope(), 0),
    at: craftEnvelope().length,
    refusal: { reason: "trailing-bytes", field: "envelope" },
  },
  {
    row: 1,
    name: "an indefinite length",
    file: hexToBytes("d86bbf0240ff"),
    at: "bf",
    refusal: { reason: "indefinite-length", field: "envelope" },
  },
  {
    row: 1,
    name: "a manifest with a longer head than needed",
    file: craftEnvelope({ 3: new Encoded(hexToBytes("5801a0")) }),
    at: "5801a0",
    refusal: { reason: "non-shortest", field: "envelope" },
  },
  {
    row: 3,
    name: "the manifest before the wrapper",
    file: hexToBytes("d86ba20341a0024180"),
    at: "024180",
    refusal: { reason: "unsorted-keys", field: "envelope" },
  },
  {
    row: 1,
    name: "two integrated payloads of one name",
    file: hexToBytes(
      `d86ba4${bytesToHex(craftEnvelope({}, [["#a", Uint8Array.of(1)]])).slice(6)}622361${bytesToHex(encode(Uint8Array.of(2)))}`,
    ),
    at: "6223614102",
    refusal: { reason: "duplicate-key", field: "envelope" },
  },
  {
    row: 2,
    name: "no tag",
    file: craftEnvelope().subarray(2),
    at: 0,
    refusal: { reason: "wrong-type", field: "envelope" },
  },
  { row: 2, name: "tag 106", file: tagged("d86a"), at: 0, refusal: { reason: "tag-not-allowed", field: "envelope" } },
  {
    row: 2,
    name: "the tag of a bare manifest",
    file: encode(new Tagged(1070, map([]))),
    at: 0,
    refusal: { reason: "tag-not-allowed", field: "envelope" },
  },
  {
    row: 2,
    name: "the tag twice",
    file: Uint8Array.of(0xd8, 0x6b, ...craftEnvelope()),
    at: 2,
    refusal: { reason: "wrong-type", field: "envelope" },
  },
  {
    row: 2,
    name: "more bytes than the limit",
    file: new Uint8Array(65537),
    at: 0,
    refusal: { code: "too-large", size: 65537, limit: 65536 },
  },
  {
    row: 3,
    name: "no wrapper",
    file: craftEnvelope({ 2: undefined }),
    at: 2,
    refusal: { reason: "missing", field: wrapper },
  },
  {
    row: 3,
    name: "no manifest",
    file: craftEnvelope({ 3: undefined }),
    at: 2,
    refusal: { reason: "missing", field: "envelope.manifest" },
  },
  { row: 3, name: "an empty wrapper", file: wrapped(), at: 5, refusal: { reason: "wrong-length", field: wrapper } },
  {
    row: 3,
    name: "a wrapper that is no byte string",
    file: craftEnvelope({ 2: [digestElement] }),
    at: 4,
    refusal: { reason: "wrong-type", field: wrapper },
  },
  {
    row: 3,
    name: "a bare digest in the wrapper",
    file: wrapped([-16, new Uint8Array(32).fill(0xdd)]),
    at: "822f5820",
    refusal: { reason: "wrong-type", field: `${wrapper}.digest` },
  },
  {
    row: 3,
    name: "a digest that is one byte short",
    file: wrapped(encode([-16, new Uint8Array(31)])),
    at: "581f",
    refusal: { reason: "wrong-length", field: `${wrapper}.digest.bytes` },
  },
  {
    row: 5,
    name: "a digest algorithm that is not known",
    file: wrapped(encode([-18, new Uint8Array(32)])),
    at: "31",
    refusal: { code: "unsupported", field: `${wrapper}.digest.algorithm`, label: -18 },
  },
  {
    row: 3,
    name: "a digest with an extension",
    file: wrapped(encode([-16, new Uint8Array(32), 0])),
    at: "832f",
    refusal: { reason: "wrong-length", field: `${wrapper}.digest` },
  },
  {
    row: 3,
    name: "a block with COSE tag 19",
    file: wrapped(digestElement, encode(new Tagged(19, []))),
    at: "d380",
    refusal: { reason: "tag-not-allowed", field: `${wrapper}.blocks.0` },
  },
  {
    row: 3,
    name: "a block without a tag",
    file: wrapped(digestElement, sign1(), encode([])),
    at: "41|80",
    refusal: { reason: "wrong-type", field: `${wrapper}.blocks.1` },
  },
  {
    row: 3,
    name: "a block that is no byte string",
    file: wrapped(digestElement, new Encoded(sign1())),
    at: "d284",
    refusal: { reason: "tag-not-allowed", field: wrapper },
  },
  {
    row: 3,
    name: "a signature with its payload inside",
    file: wrapped(digestElement, sign1([2, Uint8Array.of(0xee)])),
    at: "41ee",
    refusal: { reason: "not-allowed-here" },
  },
  {
    row: 3,
    name: "a signature without bytes",
    file: wrapped(digestElement, sign1([2, null], [3, new Uint8Array()])),
    at: "f6|40",
    refusal: { reason: "wrong-length" },
  },
  {
    row: 4,
    name: "a critical header",
    file: wrapped(digestElement, sign1([1, map([[2, [4]]])])),
    at: "a102|8104",
    refusal: { reason: "not-allowed-here" },
  },
  {
    row: 9,
    name: "delegation (1)",
    file: craftEnvelope({ 1: new Uint8Array() }),
    at: 3,
    refusal: { code: "unsupported", field: "envelope", label: 1 },
  },
  {
    row: 9,
    name: "a severed SBOM (14)",
    file: craftEnvelope({ 14: new Uint8Array() }),
    at: "0e40",
    refusal: { code: "unsupported", field: "envelope", label: 14 },
  },
  {
    row: 9,
    name: "a severed dependency-resolution (15)",
    file: craftEnvelope({ 15: new Uint8Array() }),
    at: "0f40",
    refusal: { code: "unsupported", field: "envelope", label: 15 },
  },
  {
    row: 9,
    name: "install under the key of older drafts (17)",
    file: craftEnvelope({ 17: new Uint8Array() }),
    at: "1140",
    refusal: { code: "unsupported", field: "envelope", label: 17 },
  },
  {
    row: 9,
    name: "a private key below -256",
    file: craftEnvelope({ [-257]: new Uint8Array() }),
    at: "39010040",
    refusal: { code: "unsupported", field: "envelope", label: -257 },
  },
  {
    row: 9,
    name: "a key that no number holds",
    file: hexToBytes("d86ba11b002000000000000040"),
    at: "1b0020",
    refusal: { reason: "wrong-value", field: "envelope" },
  },
  {
    row: 1,
    name: "a byte string as key",
    file: hexToBytes("d86ba14040"),
    at: "4040",
    refusal: { reason: "wrong-type", field: "envelope" },
  },
  {
    row: 1,
    name: "an integrated payload that is text",
    file: craftEnvelope({}, [["#a", "text"]]),
    at: "6474657874",
    refusal: { reason: "wrong-type", field: "envelope.integrated-payload" },
  },
  {
    row: 1,
    name: "a severed member that is no byte string",
    file: craftEnvelope({ 20: 0 }),
    at: "14|00",
    refusal: { reason: "wrong-type", field: "envelope.install" },
  },
];

describe("refused envelopes (suit.md 6)", () => {
  for (const { row, name, file, at, refusal } of refused) {
    test(`row ${row}: ${name}`, () => {
      const code = "code" in refusal ? {} : { code: "malformed" };
      const offset = typeof at === "number" ? at : offsetOf(file, at);
      const expected = "size" in refusal ? refusal : { ...code, ...refusal, offset };
      expect(parseEnvelope(file)).toMatchObject({ ok: false, error: expected });
    });
  }

  test("row 2: byte strings nested deeper than the limit", () => {
    const limits = { ...defaultLimits, maxDepth: 1 };
    const file = craftEnvelope();
    const offset = offsetOf(file, bytesToHex(digestElement));
    expect(parseEnvelope(file, limits)).toEqual({
      ok: false,
      error: { code: "limit-exceeded", limit: "maxDepth", offset },
    });
    expect(parseEnvelope(file, { ...defaultLimits, maxDepth: 2 }).ok).toBe(true);
  });
});

describe("hostile envelopes are refused without work", () => {
  const filled = (head: string, fill: number) => {
    const file = new Uint8Array(65536).fill(fill);
    file.set(hexToBytes(head));
    return file;
  };
  test.each([
    ["64 KiB of nested arrays", filled("d86b", 0x81), "too-deep"],
    ["64 KiB of nested maps", filled("d86b", 0xa1), "too-deep"],
    ["64 KiB of nested tags", filled("d86b", 0xc6), "tag-not-allowed"],
    ["64 KiB of envelope tags", filled("", 0xd8), "tag-not-allowed"],
    ["a map of 2^64 - 1 entries", hexToBytes("d86bbbffffffffffffffff"), "truncated"],
    ["a map of 2^32 - 1 entries", hexToBytes("d86bbaffffffff"), "truncated"],
    ["a wrapper of 2^63 bytes", hexToBytes("d86ba2025b8000000000000000"), "truncated"],
  ])("%s", (_, file, reason) => {
    expect(parseEnvelope(file)).toMatchObject({ ok: false, error: { code: "malformed", reason } });
  });
});
