import { createHash } from "node:crypto";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import type { RejectionCode } from "./rejection.ts";
import { matchImage, matchSlot, type StagingSlot, stageImage } from "./stage-image.ts";

const image = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31) & 0xff);
const digestOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
const expected = { digest: { algorithm: "sha-256" as const, bytes: digestOf(image) }, size: 1000n };

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

class RecordingSlot implements StagingSlot<"sealed"> {
  readonly capacity: bigint;
  written = 0;
  sealed = false;
  constructor(capacity = 1000n) {
    this.capacity = capacity;
  }
  async write(offset: number, chunk: Uint8Array): Promise<void> {
    expect(offset).toBe(this.written);
    this.written += chunk.length;
  }
  async seal(): Promise<"sealed"> {
    this.sealed = true;
    return "sealed";
  }
}

interface Attack {
  readonly threat: string;
  readonly name: string;
  readonly send: (image: Uint8Array) => Uint8Array;
  readonly code: RejectionCode;
}

const attacks: readonly Attack[] = [
  {
    threat: "T-NET-ONPATH",
    name: "flips one bit",
    send: (i) => i.with(500, (i[500] ?? 0) ^ 1),
    code: "image-digest-mismatch",
  },
  { threat: "T-NET-ONPATH", name: "stops one byte early", send: (i) => i.subarray(0, -1), code: "image-too-short" },
  { threat: "T-NET-ONPATH", name: "sends nothing", send: () => new Uint8Array(), code: "image-too-short" },
  { threat: "T-IMG-EXTRA", name: "appends one byte", send: (i) => Uint8Array.of(...i, 0), code: "image-too-long" },
];

for (const chunkSize of [1, 7, 64, 4096]) {
  describe(`a payload in chunks of ${chunkSize}`, () => {
    for (const { threat, name, send, code } of attacks) {
      test(`${threat} ${name}`, async () => {
        const slot = new RecordingSlot();
        const staged = await stageImage(inChunks(send(image), chunkSize), expected, slot, nodeCrypto);
        expect(staged).toMatchObject({ ok: false, error: { code } });
        expect(slot.sealed).toBe(false);
        expect(slot.written).toBeLessThanOrEqual(1000);
      });
    }
    test("the true image is sealed", async () => {
      const slot = new RecordingSlot();
      expect(await stageImage(inChunks(image, chunkSize), expected, slot, nodeCrypto)).toEqual({
        ok: true,
        value: "sealed",
      });
      expect(slot.written).toBe(1000);
    });
  });
}

test("T-TUF-ENDLESS a sender that never stops is left after the signed size, and told so", async () => {
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
  const slot = new RecordingSlot();
  expect(await stageImage(endless(), expected, slot, nodeCrypto)).toEqual({
    ok: false,
    error: { code: "image-too-long", expected: 1000n },
  });
  expect({ sent, written: slot.written, closed }).toEqual({ sent: 1200, written: 900, closed: true });
});

test("an image beyond the slot is refused before a byte is asked for", async () => {
  const never: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      throw new Error("asked for");
    },
  };
  const slot = new RecordingSlot(999n);
  expect(await stageImage(never, expected, slot, nodeCrypto)).toEqual({
    ok: false,
    error: { code: "image-too-large", size: 1000n, limit: 999n },
  });
});

test("a fault of the sender is passed on, and nothing is sealed", async () => {
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield image.subarray(0, 10);
    throw new Error("link lost");
  }
  const slot = new RecordingSlot();
  await expect(stageImage(cut(), expected, slot, nodeCrypto)).rejects.toThrow("link lost");
  expect(slot.sealed).toBe(false);
});

test("without a signed size the digest alone decides", async () => {
  const { digest } = expected;
  expect(await matchImage(inChunks(image, 64), { digest }, nodeCrypto)).toEqual({ ok: true, value: 1000n });
  const longer = Uint8Array.of(...image, 0);
  expect(await matchImage(inChunks(longer, 64), { digest }, nodeCrypto)).toMatchObject({
    error: { code: "image-digest-mismatch" },
  });
});

test.each([
  ["one byte differs", image.with(3, 0), digestOf(image.with(3, 0))],
  // Of another length: nobody takes a digest of that.
  ["it is cut", image.subarray(1), new Uint8Array()],
  ["it grew", Uint8Array.of(...image, 1), new Uint8Array()],
])("T-MFST-TOCTOU a slot that does not read back as verified: %s", async (_name, slot, computed) => {
  expect(await matchSlot(inChunks(slot, 100), expected, nodeCrypto)).toEqual({
    ok: false,
    error: {
      code: "slot-readback-mismatch",
      expected: bytesToHex(expected.digest.bytes),
      computed: bytesToHex(computed),
    },
  });
  expect(await matchSlot(inChunks(image, 100), expected, nodeCrypto)).toEqual({ ok: true, value: 1000n });
});
