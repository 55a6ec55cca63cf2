import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type CborValue, encode } from "@sumac/cbor";
import { buildEnvelope } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { condition, craftRelease, directive, takeApart } from "../support/crafted-envelope.ts";
import { layout, newer, offer, provisioned, vendor } from "../support/sample-device.ts";

/** Of one envelope, in microseconds of this thread's own work. */
const longest = 50_000;
/** Bytes over all of a test; twenty thousand envelopes that were kept would be more. */
const mostHeap = 8 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** How long the work took this thread: what a busy machine takes away in the middle of it does not count. */
function timed<T>(work: () => T): { readonly took: number; readonly answer: T } {
  const began = process.threadCpuUsage();
  const answer = work();
  const { user, system } = process.threadCpuUsage(began);
  return { took: user + system, answer };
}

const nested = (depth: number): Uint8Array => new Uint8Array(depth + 1).fill(0x81, 0, depth);
/** Tag 107 and a map, as every envelope begins. */
const envelopeOf = (...members: readonly (readonly [number, Uint8Array])[]): Uint8Array =>
  Uint8Array.of(0xd8, 0x6b, 0xa0 + members.length, ...members.flatMap(([label, value]) => [label, ...encode(value)]));
const authentication = (): Uint8Array => {
  const { digestElement, blocks } = takeApart(newer.envelope);
  return encode([digestElement, ...blocks] as CborValue);
};
const manifest = (): Uint8Array => takeApart(newer.envelope).manifestBytes;

const inputs: readonly (readonly [string, () => Uint8Array | Promise<Uint8Array>, readonly string[]])[] = [
  ["nothing", () => new Uint8Array(), ["malformed"]],
  ["nesting without end", () => nested(2900), ["malformed"]],
  [
    "nesting in the manifest's place",
    () => envelopeOf([2, authentication()], [3, nested(1500)]),
    ["malformed", "manifest-digest-mismatch"],
  ],
  [
    "a length of 2^63 bytes",
    () => Uint8Array.of(0xd8, 0x6b, 0x5b, 0x7f, ...new Uint8Array(7).fill(0xff)),
    ["malformed"],
  ],
  ["a list of 2^32 items", () => Uint8Array.of(0xd8, 0x6b, 0x9a, 0xff, 0xff, 0xff, 0xff), ["malformed"]],
  ["larger than its place", () => new Uint8Array(layout.slots.a.envelopeSize + 1), ["too-large"]],
  ["a member twice", () => envelopeOf([2, authentication()], [3, manifest()], [3, manifest()]), ["malformed"]],
  ["members in another order", () => envelopeOf([3, manifest()], [2, authentication()]), ["malformed"]],
  [
    "a number longer than it need be",
    () => Uint8Array.of(0xd8, 0x6b, 0xb8, 0x02, ...envelopeOf([2, authentication()], [3, manifest()]).subarray(3)),
    ["malformed"],
  ],
  [
    "indefinite length",
    () => Uint8Array.of(0xd8, 0x6b, 0xbf, ...envelopeOf([2, authentication()], [3, manifest()]).subarray(3), 0xff),
    ["malformed"],
  ],
  ["bytes after the end", () => Uint8Array.of(...newer.envelope, 0xf6), ["malformed"]],
  [
    "16 signatures that are none",
    () => {
      const parts = takeApart(newer.envelope);
      const [block = new Uint8Array()] = parts.blocks;
      return buildEnvelope({ ...parts, blocks: Array.from({ length: 16 }, () => block.subarray(0, 40)) });
    },
    ["malformed"],
  ],
  [
    "signed, with 400 commands",
    async () => {
      const install = [directive("fetch"), ...Array.from({ length: 400 }, () => condition("image-match"))];
      return (await craftRelease({ sequence: 6n, install, signers: [vendor] })).envelope;
    },
    ["limit-exceeded"],
  ],
  [
    "signed, with 40 components",
    async () => {
      const components = Array.from({ length: 40 }, (_, i) => [Uint8Array.of(i)]);
      return (await craftRelease({ sequence: 6n, manifest: { components }, signers: [vendor] })).envelope;
    },
    ["limit-exceeded"],
  ],
];

describe("CR 3.5: what comes in is bounded and exact before it is believed", () => {
  for (const [name, make, codes] of inputs) {
    test(`CR 3.5: ${name}: ${codes[0]}, at once, and nothing is written`, async () => {
      const { flash, device } = await provisioned();
      const [bytes, before] = [await make(), flash.snapshot()];
      const { took, answer } = timed(() => device.receive(bytes, {}));
      expect(took).toBeLessThan(longest);
      if (answer.ok) expect.fail("it was taken");
      expect(codes).toContain(answer.error.code);
      expect(flash.snapshot()).toEqual(before);
    });
  }

  test("CR 3.5: 20,000 envelopes damaged at random: none is taken for another one, none is slow, memory stays flat", async () => {
    const { flash, device, events } = await provisioned();
    const before = flash.snapshot();
    const accepted: number[] = [];
    collectGarbage();
    const heapBefore = process.memoryUsage().heapUsed;
    let slowest = 0;
    let seed = 7;
    const draw = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    for (let i = 0; i < 20_000; i++) {
      const bytes = newer.envelope.slice();
      for (let hits = 0; hits <= i % 4; hits++) bytes[draw(bytes.length)] = draw(256);
      if (Buffer.compare(bytes, newer.envelope) === 0) continue;
      const cut = i % 5 === 0 ? bytes.subarray(0, draw(bytes.length)) : bytes;
      const { took, answer } = timed(() => device.receive(cut, {}).ok);
      // The test keeps them; a device tells its log and forgets.
      events.length = 0;
      if (answer) accepted.push(i);
      slowest = Math.max(slowest, took);
    }
    expect(accepted).toEqual([]);
    expect(slowest).toBeLessThan(longest);
    collectGarbage();
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(mostHeap);
    expect(flash.snapshot()).toEqual(before);
    expect(await offer(device, newer)).toMatchObject({ ok: true });
  });

  test("CR 3.5: a payload is bounded by its signed size, however much comes", async () => {
    const { device } = await provisioned();
    const received = device.receive(newer.envelope, {});
    if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        sent += 64;
        yield new Uint8Array(64);
      }
    }
    expect(await device.install(received.value.offer, { fetch: endless })).toMatchObject({
      error: { code: "image-too-long" },
    });
    expect(sent).toBeLessThanOrEqual(newer.image.length + 64);
  });
});
