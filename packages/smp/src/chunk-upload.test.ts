import { describe, expect, test } from "vitest";
import type { SmpMap } from "./body.ts";
import { decodeBody } from "./body.ts";
import { type UploadOptions, uploadChunks } from "./chunk-upload.ts";
import type { DeviceParameters } from "./device-parameters.ts";
import type { SmpMessage } from "./message.ts";
import { type Script, scriptedPeer } from "./scripted-peer.test.support.ts";

const file = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 31) >> 3);
const source = {
  length: file.length,
  sha256: new Uint8Array(32),
  read: async (at: number, length: number) => file.subarray(at, at + length),
};
const destination = { group: 70, id: 3, first: { len: file.length } };
const parameters: DeviceParameters = { longestMessage: 1020, window: 1, known: "told" };

interface Chunk {
  readonly off: number;
  readonly data: Uint8Array;
  readonly names: readonly string[];
}

function chunkOf({ body }: SmpMessage): Chunk {
  const read = decodeBody(body);
  const { off, data } = read.ok ? read.value : {};
  if (!read.ok || typeof off !== "number" || !(data instanceof Uint8Array)) throw new Error("no chunk");
  return { off, data, names: Object.keys(read.value) };
}

/** Answers each chunk by what it says, in order; undefined = not at all. */
function upload(answer: (chunk: Chunk, count: number) => SmpMap | undefined, options: Partial<UploadOptions> = {}) {
  let count = 0;
  const script: Script = async (request, line) => {
    const body = answer(chunkOf(request), ++count);
    if (body !== undefined) await line.answer(request, body);
  };
  const peer = scriptedPeer(script, { timeout: 1000, retries: 1 });
  const run = () =>
    peer.run((client) => uploadChunks(client, source, destination, { parameters, eraseTimeout: 5000, ...options }));
  return { peer, run, count: () => count };
}

/** A server that takes what it expects; `expected` may be set from outside. */
function honest(expected = 0) {
  const received = new Uint8Array(file.length);
  const state = { expected };
  const answer = ({ off, data }: Chunk): SmpMap => {
    if (off === state.expected) {
      received.set(data, off);
      state.expected += data.length;
    }
    return { rc: 0, off: state.expected };
  };
  return { state, received, answer };
}

describe("an upload is taken up again", () => {
  test("where a server that keeps it by its digest says, after the first chunk", async () => {
    const server = honest(6400);
    server.received.set(file.subarray(0, 6400));
    const { run, peer } = upload(server.answer);
    expect(await run()).toMatchObject({ ok: true, value: { done: 10_000, goBacks: 0, restarts: 0 } });
    expect(server.received).toEqual(file);
    expect(peer.requests.map((one) => chunkOf(one).off).slice(0, 2)).toEqual([0, 6400]);
  });

  test("not at all where the server has all of it", async () => {
    const { run, count } = upload(() => ({ off: 10_000, match: true }));
    expect(await run()).toMatchObject({ ok: true, value: { done: 10_000 } });
    expect(count()).toBe(1);
  });

  test("at the last byte that was acknowledged, or further where the last answer was lost", async () => {
    const server = honest(4960);
    server.received.set(file.subarray(0, 4960));
    const { run, peer } = upload(server.answer, { from: 3968 });
    expect(await run()).toMatchObject({ ok: true, value: { restarts: 0 } });
    expect(server.received).toEqual(file);
    expect(chunkOf(peer.requests[0] as SmpMessage).off).toBe(3968);
  });

  test("from the beginning, with the members of a first request, where the server forgot it", async () => {
    const server = honest(0);
    const { run, peer } = upload(server.answer, { from: 3968 });
    expect(await run()).toMatchObject({ ok: true, value: { restarts: 1 } });
    expect(server.received).toEqual(file);
    expect(peer.requests.map((one) => chunkOf(one).names).slice(0, 3)).toEqual([
      ["off", "data"],
      ["off", "data", "len"],
      ["off", "data"],
    ]);
  });

  test("after a refusal that names an offset", async () => {
    const server = honest();
    const { run } = upload((chunk, count) => (count === 3 ? { rc: 1, off: 992 } : server.answer(chunk)));
    server.state.expected = 0;
    expect((await run()).ok).toBe(true);
    expect(server.received).toEqual(file);
  });
});

describe("a device that does not play by the rules ends it by name, in bounded time", () => {
  const attacks: readonly (readonly [
    name: string,
    answer: (chunk: Chunk, count: number) => SmpMap | undefined,
    code: string,
    most: number,
  ])[] = [
    ["never moves", () => ({ off: 0 }), "upload-stuck", 20],
    ["stays in the middle", ({ off }) => ({ off: Math.min(off + 992, 1984) }), "upload-stuck", 20],
    ["goes back and forth", ({ off, data }, n) => ({ off: n % 2 ? off + data.length : 32 }), "upload-stuck", 40],
    ["moves on by a byte", ({ off }) => ({ off: off + 1 }), "upload-stuck", 20],
    [
      "starts again and again",
      ({ off, data }) => ({ off: off > 2000 ? 0 : off + data.length }),
      "upload-restarted",
      40,
    ],
    [
      "claims more than it was sent",
      ({ off, data }, n) => ({ off: n > 3 ? 9000 : off + data.length }),
      "offset-beyond",
      5,
    ],
    ["claims more than there is", () => ({ off: 10_001 }), "offset-beyond", 2],
    ["claims 2^53", () => ({ off: 2n ** 53n }), "answer-without-offset", 2],
    ["claims 2^64", () => ({ off: 2n ** 64n - 1n }), "answer-without-offset", 2],
    ["counts backwards", () => ({ off: -1 }), "answer-without-offset", 2],
    ["answers in words", () => ({ off: "992" }), "answer-without-offset", 2],
    ["says nothing about it", () => ({ rc: 0 }), "answer-without-offset", 2],
    ["refuses", () => ({ rc: 3 }), "device-error", 2],
    ["refuses every length", () => ({ rc: 7 }), "device-error", 10],
    ["falls silent", ({ off, data }, n) => (n < 3 ? { off: off + data.length } : undefined), "no-answer", 30],
    ["is silent from the start", () => undefined, "no-answer", 30],
  ];
  test.each(attacks)("%s", async (_, answer, code, most) => {
    const { run, peer, count } = upload(answer);
    expect(await run()).toMatchObject({ ok: false, error: { code } });
    expect(count()).toBeLessThanOrEqual(most);
    expect(peer.timer.now()).toBeLessThan(120_000);
  });

  test.each(attacks)("%s, with a window of eight", async (_, answer, code) => {
    const { run, peer, count } = upload(answer, { parameters: { ...parameters, window: 8 } });
    const ended = await run();
    expect(ended.ok).toBe(false);
    // With several under way another one of the rules may be broken first; it is a rule all the same.
    expect(["upload-stuck", "upload-restarted", "offset-beyond", code]).toContain(!ended.ok && ended.error.code);
    expect(count()).toBeLessThan(200);
    expect(peer.timer.now()).toBeLessThan(240_000);
  });
});

describe("messages that are too long for the device", () => {
  test.each([
    ["a device that is silent about it", undefined],
    ["a device that says so", { rc: 7 }],
  ])("are made shorter: %s", async (_, tooLong) => {
    const server = honest();
    const { run } = upload((chunk) => (chunk.data.length > 200 ? tooLong : server.answer(chunk)));
    const uploaded = await run();
    expect(uploaded).toMatchObject({ ok: true, value: { done: 10_000 } });
    if (uploaded.ok) expect(uploaded.value.chunk % 32).toBe(0);
    expect(server.received).toEqual(file);
  });
});

describe("cancelling", () => {
  test.each([0, 1, 7, 5000])("after %i ms, while the first chunk erases: at once", async (after) => {
    const cancel = new AbortController();
    const { run, peer } = upload(() => undefined, { signal: cancel.signal, eraseTimeout: 60_000 });
    void peer.timer.wait(after).then(() => cancel.abort());
    expect(await run()).toEqual({ ok: false, error: { code: "cancelled" } });
    expect(peer.timer.now()).toBe(after);
  });

  test.each([1, 4])(
    "at any chunk, with %i under way: nothing is sent afterwards, and the device answers as before",
    async (window) => {
      for (let at = 1; at <= 11; at++) {
        const cancel = new AbortController();
        const server = honest();
        const { run, peer, count } = upload(
          (chunk, n) => {
            if (n === at) cancel.abort();
            return server.answer(chunk);
          },
          { signal: cancel.signal, parameters: { ...parameters, window } },
        );
        expect(await run()).toEqual({ ok: false, error: { code: "cancelled" } });
        expect(count()).toBeLessThan(at + window);
        const again = await peer.run((client) =>
          uploadChunks(client, source, destination, { parameters, from: Math.min(server.state.expected, 9000) }),
        );
        expect(again.ok).toBe(true);
        expect(server.received).toEqual(file);
      }
    },
  );
});

test("an upload of nothing is a mistake of the caller", async () => {
  const { peer } = upload(() => undefined);
  const nothing = { ...source, length: 0 };
  await expect(peer.run((client) => uploadChunks(client, nothing, destination, { parameters }))).rejects.toThrow(
    RangeError,
  );
  const past = { parameters, from: file.length };
  await expect(peer.run((client) => uploadChunks(client, source, destination, past))).rejects.toThrow(RangeError);
});
