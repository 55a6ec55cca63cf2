import { createCipheriv, createHash } from "node:crypto";
import type { Encrypt } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { deviceKeys, encryptForTest, wrongKeys } from "./encrypted-image.test.support.ts";
import {
  type DecryptionContext,
  type DecryptionRejection,
  type EncryptedImage,
  stageEncryptedImage,
} from "./stage-encrypted-image.ts";
import type { SizedExpectation, StagingSlot } from "./stage-image.ts";

const image = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31) & 0xff);
const expectationOf = (bytes: Uint8Array): SizedExpectation => ({
  digest: { algorithm: "sha-256", bytes: new Uint8Array(createHash("sha256").update(bytes).digest()) },
  size: BigInt(bytes.length),
});
const expected = expectationOf(image);
const { encryption, ciphertext } = encryptForTest(image);
const expectedCiphertext = expectationOf(ciphertext);
const context: DecryptionContext = { crypto: nodeCrypto, decryption: nodeDecryption, keys: [deviceKeys.shared] };

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const never: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => {
    throw new Error("asked for");
  },
};

class RecordingSlot implements StagingSlot<"sealed"> {
  readonly capacity = 1000n;
  readonly content = new Uint8Array(1000);
  written = 0;
  sealed = false;
  async write(offset: number, chunk: Uint8Array): Promise<void> {
    expect(offset).toBe(this.written);
    this.content.set(chunk, offset);
    this.written += chunk.length;
  }
  async seal(): Promise<"sealed"> {
    this.sealed = true;
    return "sealed";
  }
}

interface Staged {
  readonly result: Awaited<ReturnType<typeof stageEncryptedImage<"sealed">>>;
  readonly slot: RecordingSlot;
}

async function stage(
  sent: Uint8Array | AsyncIterable<Uint8Array>,
  changes: Partial<EncryptedImage> & { readonly keys?: DecryptionContext["keys"] } = {},
  chunkSize = 64,
): Promise<Staged> {
  const { keys = context.keys, ...other } = changes;
  const slot = new RecordingSlot();
  const stream = sent instanceof Uint8Array ? inChunks(sent, chunkSize) : sent;
  const encrypted: EncryptedImage = { ciphertext: stream, encryption, expectedCiphertext, expected, ...other };
  return { result: await stageEncryptedImage(encrypted, slot, { ...context, keys }), slot };
}

describe.each([1, 15, 16, 17, 64, 4096])("a ciphertext in chunks of %i", (chunkSize) => {
  test.each([
    ["a shared key", [deviceKeys.shared]],
    ["a key pair", [deviceKeys.pair]],
    ["the right one of several keys", [wrongKeys.pair, deviceKeys.shared]],
  ])("by %s: the plaintext is sealed", async (_, keys) => {
    const { result, slot } = await stage(ciphertext, { keys }, chunkSize);
    expect(result).toEqual({ ok: true, value: "sealed" });
    expect(slot.content).toEqual(image);
  });

  test.each<[string, (sent: Uint8Array) => Uint8Array, Partial<DecryptionRejection> | { code: string }]>([
    ["flips one bit of the ciphertext", (c) => c.with(500, (c[500] ?? 0) ^ 1), { code: "image-digest-mismatch" }],
    ["flips one bit of the tag", (c) => c.with(-1, (c.at(-1) ?? 0) ^ 1), { code: "image-digest-mismatch" }],
    ["stops one byte early", (c) => c.subarray(0, -1), { code: "decryption-failed", because: "truncated" }],
    ["leaves the tag out", (c) => c.subarray(0, -16), { code: "decryption-failed", because: "truncated" }],
    ["sends nothing", () => new Uint8Array(), { code: "decryption-failed", because: "truncated" }],
    ["appends one byte", (c) => Uint8Array.of(...c, 0), { code: "image-too-long" }],
    ["sends the plaintext", () => image, { code: "decryption-failed", because: "truncated" }],
  ])("T-NET-ONPATH a sender that %s: nothing is sealed", async (_, send, error) => {
    const { result, slot } = await stage(send(ciphertext), {}, chunkSize);
    expect(result).toMatchObject({ ok: false, error });
    expect(slot.sealed).toBe(false);
    expect(slot.written).toBeLessThanOrEqual(1000);
  });
});

describe("T-IMG-DISCLOSURE without the content key nothing is asked for and nothing written", () => {
  test.each([
    ["another shared key under the id", [wrongKeys.shared], { code: "decryption-failed", because: "key-unwrap" }],
    ["another key pair under the id", [wrongKeys.pair], { code: "decryption-failed", because: "key-unwrap" }],
    ["no key at all", [], { code: "no-decryption-key", recipients: ["736861726564", "70616972"] }],
  ])("%s", async (_, keys, error) => {
    const { result, slot } = await stage(never, { keys });
    expect(result).toEqual({ ok: false, error });
    expect(slot).toMatchObject({ written: 0, sealed: false });
  });
});

describe("a ciphertext that was matched before", () => {
  const tagged = { ...encryption, protected: Uint8Array.of(0xa0) };

  test("is decrypted without a second digest", async () => {
    expect((await stage(ciphertext, { expectedCiphertext: "matched" })).result.ok).toBe(true);
  });

  test.each<[string, Uint8Array, Encrypt]>([
    ["a changed ciphertext", ciphertext.with(500, (ciphertext[500] ?? 0) ^ 1), encryption],
    ["a changed tag", ciphertext.with(-1, (ciphertext.at(-1) ?? 0) ^ 1), encryption],
    ["another protected header", ciphertext, tagged],
    ["another IV", ciphertext, { ...encryption, iv: new Uint8Array(12) }],
  ])("still has its tag checked: %s", async (_, sent, info) => {
    const { result, slot } = await stage(sent, { expectedCiphertext: "matched", encryption: info });
    expect(result).toEqual({ ok: false, error: { code: "decryption-failed", because: "tag-mismatch" } });
    expect(slot.sealed).toBe(false);
  });
});

test("T-KEY-EXPOSURE a forger who holds a recipient's key cannot forge the signed digest of the plaintext", async () => {
  const forged = encryptForTest(image.with(0, 0xff));
  const { result, slot } = await stage(forged.ciphertext, {
    encryption: forged.encryption,
    expectedCiphertext: "matched",
  });
  expect(result).toMatchObject({ ok: false, error: { code: "image-digest-mismatch" } });
  expect(slot.sealed).toBe(false);
});

describe("AES-CTR, which notices nothing", () => {
  const iv = new Uint8Array(16).fill(3);
  const counted = createCipheriv("aes-128-ctr", new Uint8Array(16).fill(0xce), iv);
  const counterText = new Uint8Array(counted.update(image));
  const counter: Encrypt = {
    ...encryption,
    algorithm: { id: -65534, name: "A128CTR", cipher: "aes-128-ctr" },
    protected: new Uint8Array(),
    iv,
  };

  test("is decrypted once its ciphertext was matched", async () => {
    const { result, slot } = await stage(counterText, { encryption: counter, expectedCiphertext: "matched" });
    expect(result.ok).toBe(true);
    expect(slot.content).toEqual(image);
  });

  test("is refused while its digest would only be known afterwards, before anything is asked for", async () => {
    const { result, slot } = await stage(never, {
      encryption: counter,
      expectedCiphertext: expectationOf(counterText),
    });
    expect(result).toEqual({ ok: false, error: { code: "ciphertext-unverified", algorithm: "A128CTR" } });
    expect(slot.written).toBe(0);
  });

  test("a changed ciphertext fails by the digest of the plaintext", async () => {
    const { result } = await stage(counterText.with(9, 0), { encryption: counter, expectedCiphertext: "matched" });
    expect(result).toMatchObject({ error: { code: "image-digest-mismatch" } });
  });
});

test("a ciphertext that is not the signed one is told by both digests", async () => {
  const other = ciphertext.with(7, (ciphertext[7] ?? 0) ^ 1);
  const { result } = await stage(other);
  const [wanted, computed] = [ciphertext, other].map((bytes) => bytesToHex(expectationOf(bytes).digest.bytes));
  expect(result).toEqual({ ok: false, error: { code: "image-digest-mismatch", expected: wanted, computed } });
});

test("chunks without bytes are not written", async () => {
  async function* halting(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array();
    yield ciphertext.subarray(0, 500);
    yield new Uint8Array();
    yield ciphertext.subarray(500);
  }
  const chunks: number[] = [];
  const slot = {
    capacity: 1000n,
    write: async (_offset: number, chunk: Uint8Array) => void chunks.push(chunk.length),
    seal: async () => "sealed",
  };
  const encrypted: EncryptedImage = { ciphertext: halting(), encryption, expectedCiphertext, expected };
  expect(await stageEncryptedImage(encrypted, slot, context)).toEqual({ ok: true, value: "sealed" });
  expect(Math.min(...chunks)).toBeGreaterThan(0);
});

test("an image beyond the slot is refused before a byte is asked for", async () => {
  const { result } = await stage(never, { expected: { ...expected, size: 1001n } });
  expect(result).toEqual({ ok: false, error: { code: "image-too-large", size: 1001n, limit: 1000n } });
});

test("T-TUF-ENDLESS a sender that never stops is left after the signed size and the tag", async () => {
  let sent = 0;
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        sent += 300;
        yield new Uint8Array(300);
      }
    } finally {
      closed = true;
    }
  }
  const { result, slot } = await stage(endless());
  expect(result).toEqual({ ok: false, error: { code: "image-too-long", expected: 1016n } });
  expect({ sent, closed, sealed: slot.sealed }).toEqual({ sent: 1200, closed: true, sealed: false });
});

test("a fault of the sender is passed on, and nothing is sealed", async () => {
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield ciphertext.subarray(0, 100);
    throw new Error("link lost");
  }
  await expect(stage(cut())).rejects.toThrow("link lost");
});
