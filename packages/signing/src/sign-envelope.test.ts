import { createPrivateKey, createPublicKey, verify } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { encode, Tagged } from "@sumac/cbor";
import { type Algorithm, algorithmById, publicKeyPem, toBeSigned } from "@sumac/cose";
import { bytesToHex, equalBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  defaultLimits,
  digestOf,
  type EnvelopeParts,
  encodeDigest,
  type SeverableName,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { privateKeySigner } from "./node-private-key.ts";
import { build, makeSigner, opened, testRelease } from "./release.test.support.ts";
import { signEnvelope } from "./sign-envelope.ts";
import type { Signer } from "./signer.ts";

const options = { crypto: nodeCrypto };
const unsigned = build().envelope;

async function sign(envelope: Uint8Array, signer: Signer): Promise<Uint8Array> {
  const signed = await signEnvelope(envelope, signer, options);
  if (!signed.ok) throw new Error(signed.error.code);
  return signed.value.envelope;
}

/** The parts of a well-formed envelope, to be put together again with one of them changed. */
function parts(bytes: Uint8Array): Required<EnvelopeParts> {
  const { digestElement, blocks, manifest, severed, integratedPayloads } = opened(bytes);
  return {
    digestElement,
    blocks: blocks.map(({ encoded }) => encoded),
    manifestBytes: manifest.content,
    severed: new Map([...severed].map(([name, { content }]) => [name, content])),
    integratedPayloads,
  };
}
const remake = (changes: Partial<EnvelopeParts>, from = unsigned): Uint8Array =>
  buildEnvelope({ ...parts(from), ...changes });
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes.at(at) ?? 0) ^ 1);

describe("signEnvelope", () => {
  test.each(["ed25519", "esp256"] as const)("adds one %s block that verifies", async (algorithm) => {
    const signer = makeSigner(algorithm);
    const result = await signEnvelope(unsigned, signer, options);
    if (!result.ok) throw new Error(result.error.code);
    expect(result.value.outcome).toBe("signed");
    const envelope = opened(result.value.envelope);
    expect(envelope.digest).toEqual(opened(unsigned).digest);
    expect(result.value.manifestDigest).toEqual(envelope.digest);
    const [block, ...others] = envelope.blocks;
    if (block?.kind !== "sign1") throw new Error("no COSE_Sign1");
    expect(others).toEqual([]);
    expect(block.sign1.algorithm).toBe(signer.algorithm.id);
    expect(block.sign1.keyId).toEqual(signer.keyId);

    // By hand, with node:crypto alone: RFC 9052 4.4 with the encoded digest as payload.
    const message = toBeSigned(block.sign1.protected, envelope.digestElement);
    const key = createPublicKey(publicKeyPem(signer.publicKey));
    const isGood =
      algorithm === "ed25519"
        ? verify(null, message, key, block.sign1.signature)
        : verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, block.sign1.signature);
    expect(isGood).toBe(true);
  });

  test("changes nothing but the wrapper", async () => {
    const signed = parts(await sign(unsigned, makeSigner()));
    const { blocks, ...rest } = parts(unsigned);
    expect(blocks).toEqual([]);
    expect(signed).toEqual({ ...rest, blocks: signed.blocks });
  });

  test("countersigns: blocks that are there stay, byte for byte and in order", async () => {
    const signers = [makeSigner(), makeSigner("esp256"), makeSigner()];
    let envelope = unsigned;
    const seen: Uint8Array[][] = [];
    for (const signer of signers) {
      envelope = await sign(envelope, signer);
      seen.push([...parts(envelope).blocks]);
    }
    const last = seen[2] ?? [];
    expect(seen).toEqual([last.slice(0, 1), last.slice(0, 2), last]);
    expect(opened(envelope).digest).toEqual(opened(unsigned).digest);
  });

  test("hybrid: every algorithm signs the same digest, and each verifies by its own key", async () => {
    const algorithms = ["ed25519", "esp256", "esp384", "ml-dsa-65", "ml-dsa-87"] as const;
    const signers = algorithms.map((algorithm) => makeSigner(algorithm));
    let envelope = unsigned;
    for (const signer of signers) envelope = await sign(envelope, signer);
    const { blocks, digestElement, digest } = opened(envelope);
    expect(digest).toEqual(opened(unsigned).digest);
    expect(blocks.map((block) => (block.kind === "sign1" ? block.sign1.algorithm : 0))).toEqual([
      -19, -9, -51, -49, -50,
    ]);
    for (const [index, block] of blocks.entries()) {
      const key = signers[index]?.publicKey;
      if (block.kind !== "sign1" || key === undefined) throw new Error("no COSE_Sign1");
      const message = toBeSigned(block.sign1.protected, digestElement);
      expect(nodeCrypto.verify(key, message, block.sign1.signature)).toBe(true);
    }
    const again = await signEnvelope(envelope, signers[4] ?? makeSigner(), options);
    expect(again).toMatchObject({ ok: true, value: { outcome: "already-signed" } });
  });

  test("a small image inside leaves room for three ML-DSA-87 signatures", async () => {
    const description = { ...testRelease.description, components: [{ id: ["a"], name: "a", maxSize: 65536n }] };
    const image = new Uint8Array(48_000);
    let envelope = build({ description, image, payload: { carried: "inside" } }).envelope;
    for (let i = 0; i < 3; i++) envelope = await sign(envelope, makeSigner("ml-dsa-87"));
    expect(opened(envelope).blocks).toHaveLength(3);
  });

  test("says that the key has signed already, and gives the same bytes back", async () => {
    for (const signer of [makeSigner(), makeSigner("esp256")]) {
      const signed = await sign(await sign(unsigned, makeSigner()), signer);
      const again = await signEnvelope(signed, signer, options);
      expect(again).toMatchObject({ ok: true, value: { outcome: "already-signed" } });
      expect(again.ok && equalBytes(again.value.envelope, signed)).toBe(true);
    }
  });

  /** A block as other tools write it: only the algorithm protected, the kid beside it or nowhere. */
  async function foreignBlock(signer: Signer, kid: Uint8Array | undefined): Promise<Uint8Array> {
    const header = encode(new Map([[1, signer.algorithm.id]]));
    const signature = await signer.sign(toBeSigned(header, opened(unsigned).digestElement));
    return encode(new Tagged(18, [header, new Map(kid === undefined ? [] : [[4, kid]]), null, signature]));
  }

  test.each([
    ["without a key id", () => undefined, "already-signed"],
    ["with its key id unprotected", (signer: Signer) => signer.keyId, "already-signed"],
    ["under another key id, where no verifier would find it", () => Uint8Array.of(1), "signed"],
  ])("its own signature %s", async (_, kid, outcome) => {
    const signer = makeSigner();
    const block = await foreignBlock(signer, kid(signer));
    const result = await signEnvelope(remake({ blocks: [block] }), signer, options);
    expect(result).toMatchObject({ ok: true, value: { outcome } });
    expect(result.ok && parts(result.value.envelope).blocks[0]).toEqual(block);
  });

  test("keeps blocks that it does not understand", async () => {
    const mac = Uint8Array.of(0xd1, 0x84, 0x43, 0xa1, 0x01, 0x05, 0xa0, 0xf6, 0x41, 0x00);
    const signed = await sign(remake({ blocks: [mac] }), makeSigner());
    expect(parts(signed).blocks[0]).toEqual(mac);
    expect(parts(signed).blocks).toHaveLength(2);
  });

  test("a block under its key id that does not verify is refused, not covered up", async () => {
    const signer = makeSigner();
    const [block] = parts(await sign(unsigned, signer)).blocks;
    const forged = remake({ blocks: [flipped(block ?? new Uint8Array(), -1)] });
    const offset = opened(forged).blocks[0]?.offset;
    expect(await signEnvelope(forged, signer, options)).toEqual({
      ok: false,
      error: { code: "own-signature-invalid", keyId: signer.keyId, offset },
    });
  });

  test("a good block of its own outweighs a forged one before it", async () => {
    const signer = makeSigner();
    const [block = new Uint8Array()] = parts(await sign(unsigned, signer)).blocks;
    const both = remake({ blocks: [flipped(block, -1), block] });
    expect(await signEnvelope(both, signer, options)).toMatchObject({ ok: true, value: { outcome: "already-signed" } });
  });

  const severedWith = (name: SeverableName, content: Uint8Array): Partial<EnvelopeParts> => ({
    severed: new Map([...parts(unsigned).severed, [name, content]]),
  });
  const inside = build({ payload: { carried: "inside" } }).envelope;
  const install = parts(unsigned).severed.get("install") ?? new Uint8Array();
  const text = parts(unsigned).severed.get("text") ?? new Uint8Array();
  const otherDigest = encodeDigest(digestOf(nodeCrypto, "sha-256", Uint8Array.of(1)));

  test.each<[string, Uint8Array, string]>([
    ["another digest in the wrapper", remake({ digestElement: otherDigest }), "manifest-digest-mismatch"],
    ["another manifest", remake({ manifestBytes: build({ sequence: 8n }).manifest }), "manifest-digest-mismatch"],
    ["another install sequence", remake(severedWith("install", flipped(install, -1))), "severed-member-mismatch"],
    ["another text", remake(severedWith("text", flipped(text, -1))), "severed-member-mismatch"],
    ["code that the manifest does not name", remake(severedWith("payload-fetch", install)), "member-unauthenticated"],
    [
      "another payload inside",
      remake({ integratedPayloads: new Map([["#firmware", Uint8Array.of(1)]]) }, inside),
      "payload-mismatch",
    ],
    [
      "a payload that nothing names",
      remake({ integratedPayloads: new Map([["#extra", Uint8Array.of(1)]]) }),
      "payload-mismatch",
    ],
    ["half an envelope", unsigned.subarray(0, unsigned.length / 2), "malformed"],
    ["a byte more", Uint8Array.of(...unsigned, 0), "malformed"],
    ["an untagged envelope", unsigned.subarray(2), "malformed"],
    ["64 KiB and a byte", new Uint8Array(65537), "too-large"],
    ["nothing", new Uint8Array(), "malformed"],
  ])("does not sign %s", async (_, envelope, code) => {
    let asked = 0;
    const signer = makeSigner();
    const watched: Signer = {
      ...signer,
      sign: (bytes) => {
        asked++;
        return signer.sign(bytes);
      },
    };
    expect(await signEnvelope(envelope, watched, options)).toMatchObject({ ok: false, error: { code } });
    expect(asked).toBe(0);
  });

  test("signs an envelope from which members were dropped: they are covered by the manifest", async () => {
    const dropped = remake({ severed: new Map() });
    expect(await signEnvelope(dropped, makeSigner(), options)).toMatchObject({
      ok: true,
      value: { outcome: "signed" },
    });
  });

  test("signs an image inside", async () => {
    const signed = opened(await sign(inside, makeSigner()));
    expect(signed.integratedPayloads.get("#firmware")).toEqual(testRelease.image);
  });

  test("refuses to grow over the limit", async () => {
    const limits = { ...defaultLimits, maxBytes: unsigned.length + 20 };
    expect(await signEnvelope(unsigned, makeSigner(), { crypto: nodeCrypto, limits })).toMatchObject({
      ok: false,
      error: { code: "envelope-too-large", limit: limits.maxBytes },
    });
  });

  const honest = makeSigner();
  const legacy = algorithmById(-8) as Algorithm;
  const ecdsa = algorithmById(-9) as Algorithm;
  test.each<[string, Partial<Signer>, string]>([
    ["another key's id", { keyId: makeSigner().keyId }, "key-id"],
    ["a deprecated algorithm", { algorithm: legacy }, "algorithm"],
    ["an algorithm of another scheme", { algorithm: ecdsa }, "algorithm"],
    ["a signature by another key", { sign: makeSigner().sign }, "signature"],
    ["a signature over the digest of the message", { sign: (m) => honest.sign(nodeDigest(m)) }, "signature"],
    ["an empty signature", { sign: async () => new Uint8Array() }, "signature"],
    ["a DER signature", { ...makeSigner("esp256"), sign: async () => new Uint8Array(71).fill(0x30) }, "signature"],
  ])("refuses a signer that gives %s", async (_, lie, fault) => {
    const signer = { ...honest, ...lie };
    expect(await signEnvelope(unsigned, signer, options)).toEqual({
      ok: false,
      error: { code: "signer-faulty", fault, keyId: signer.keyId },
    });
  });

  test("a signer cannot change what is signed", async () => {
    const meddling: Signer = {
      ...honest,
      sign: async (message) => {
        const signature = await honest.sign(message);
        message.fill(0);
        return signature;
      },
    };
    expect(await signEnvelope(unsigned, meddling, options)).toMatchObject({ ok: true });
  });

  test("what a signer throws goes through: an HSM that is not there is no refusal", async () => {
    const absent: Signer = { ...honest, sign: () => Promise.reject(new Error("token removed")) };
    await expect(signEnvelope(unsigned, absent, options)).rejects.toThrow("token removed");
  });
});

const nodeDigest = (message: Uint8Array): Uint8Array => digestOf(nodeCrypto, "sha-256", message).bytes;

const vectors = new URL("../../../../shared/vectors/suit/draft-37/", import.meta.url);
const hasVectors = existsSync(vectors);
if (!hasVectors) console.warn("skipped: the vectors of draft-ietf-suit-manifest-37 are not here");

describe.skipIf(!hasVectors)("published envelopes", () => {
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, vectors)));

  test.each([0, 1, 2, 3, 4, 5])("example %i: a countersignature leaves its own as it is", async (number) => {
    const published = read(`example${number}.signed.cbor`);
    const signed = await sign(published, makeSigner());
    expect(parts(signed)).toEqual({ ...parts(published), blocks: [...parts(published).blocks, expect.anything()] });
  });

  test("example 0: the digest to be signed is the published one", async () => {
    const result = await signEnvelope(read("example0.unsigned.cbor"), makeSigner(), options);
    expect(result.ok && bytesToHex(result.value.manifestDigest.bytes)).toBe(
      "6658ea560262696dd1f13b782239a064da7c6c5cbaf52fded428a6fc83c7e5af",
    );
  });
});

test("a fixed key and release give a known envelope", async () => {
  // TEST ONLY: the private key is 32 times 0x01.
  const head = Buffer.from("302e020100300506032b657004220420", "hex");
  const key = createPrivateKey({ key: Buffer.concat([head, Buffer.alloc(32, 1)]), format: "der", type: "pkcs8" });
  const signer = privateKeySigner(key);
  if (!signer.ok) throw new Error(signer.error);
  const signed = await sign(unsigned, signer.value);
  expect(bytesToHex(nodeDigest(signed))).toBe("1ce4d3e0923a1cce615761d89a27ffea08a6fd5885a467e7449eb1983f27b021");
});
