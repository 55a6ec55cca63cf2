/** A device that means ill, or is broken beyond reason: what it says costs bounded time and memory, and ends with a name. */
import { concatBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { consoleFraming } from "./console-framing.ts";
import { readImageState } from "./image-state.ts";
import { uploadImage } from "./image-upload.ts";
import type { SmpMessage } from "./message.ts";
import { serializeMessage } from "./message.ts";
import { rawFraming } from "./raw-framing.ts";
import { type Script, type ScriptedLine, scriptedPeer } from "./scripted-peer.test.support.ts";

const seconds = 60_000;

/** Says it again and again, a little apart, for as long as anybody listens. */
const without =
  (end: (request: SmpMessage, line: ScriptedLine) => Promise<void>): Script =>
  (request, line) => {
    void (async () => {
      while (line.timer.now() < 10 * seconds) {
        await end(request, line);
        await line.timer.wait(50);
      }
    })().catch(() => undefined);
  };

const bomb = (head: number): Uint8Array => new Uint8Array(60_000).fill(head);

const attacks: readonly (readonly [name: string, script: Script, code: string])[] = [
  [
    "answers to everything but what was asked",
    without(async (request, line) => {
      for (let sequence = 0; sequence < 256; sequence++) {
        if (sequence !== request.sequence) await line.answer(request, { images: [] }, { sequence });
      }
    }),
    "no-answer",
  ],
  [
    "a line that never ends",
    without((_, line) => line.bytes(concatBytes(Uint8Array.of(6, 9), bomb(0x41)))),
    "no-answer",
  ],
  ["text that never ends", without((_, line) => line.bytes(bomb(0x20))), "no-answer"],
  ["starts that never go on", without((_, line) => line.bytes("\u0006\u0009//8A\n".repeat(500))), "no-answer"],
  ["continuations of nothing", without((_, line) => line.bytes("\u0004\u0014AAAA\n".repeat(500))), "no-answer"],
  ["maps in maps", (request, line) => line.answer(request, {}, { body: bomb(0xbf) }), "malformed-body"],
  ["lists in lists", (request, line) => line.answer(request, {}, { body: bomb(0x81) }), "malformed-body"],
  ["tags around tags", (request, line) => line.answer(request, {}, { body: bomb(0xc1) }), "malformed-body"],
  [
    "a list of 60,000 things",
    (request, line) => line.answer(request, {}, { body: concatBytes(Uint8Array.of(0x99, 0xea, 0x60), bomb(0)) }),
    "malformed-body",
  ],
  [
    "a string of 4 GiB",
    (request, line) =>
      line.answer(request, {}, { body: Uint8Array.of(0xa1, 0x61, 0x61, 0x5a, 0xff, 0xff, 0xff, 0xff) }),
    "malformed-body",
  ],
  [
    "more images than a device can have",
    (request, line) => line.answer(request, { images: Array.from({ length: 5000 }, () => 0) }),
    "malformed-body",
  ],
];

describe("T-SER-HOSTILE-PEER a question ends with a name", () => {
  test.each(attacks)("%s", async (_, script, code) => {
    const peer = scriptedPeer(script);
    const before = process.memoryUsage().rss;
    expect(await peer.run(readImageState)).toMatchObject({ ok: false, error: { code } });
    expect(peer.timer.now()).toBeLessThan(seconds);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });
});

test("T-SER-HOSTILE-PEER so does an upload to it", async () => {
  const source = {
    length: 100_000,
    sha256: new Uint8Array(32),
    read: async (_: number, length: number) => new Uint8Array(length),
  };
  const parameters = { longestMessage: 1020, window: 4, known: "told" } as const;
  for (const [, script] of attacks) {
    const peer = scriptedPeer(script);
    const ended = await peer.run((client) => uploadImage(client, source, { parameters, eraseTimeout: 2000 }));
    expect(ended.ok).toBe(false);
    expect(peer.timer.now()).toBeLessThan(3 * seconds);
  }
});

test("readers keep one message however much comes", () => {
  for (const framing of [consoleFraming(), rawFraming()]) {
    const reader = framing.startReading();
    const header = serializeMessage({
      version: 2,
      operation: "read-response",
      group: 1,
      sequence: 0,
      id: 0,
      body: bomb(0x41),
    });
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1000; i++) reader.read(i % 3 === 0 ? header : bomb(i & 0xff));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100e6);
  }
});
