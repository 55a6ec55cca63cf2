import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { SmpMap } from "./body.ts";
import { consoleFraming } from "./console-framing.ts";
import { askParameters } from "./device-parameters.ts";
import { resumeImageUpload, uploadImage } from "./image-upload.ts";
import { memoryLinks } from "./memory-link.ts";
import { nodeTimer } from "./node-timer.ts";
import { SmpClient } from "./smp-client.ts";
import { type SmpCall, type SmpHandler, serveSmp } from "./smp-server.ts";

const file = Uint8Array.from({ length: 20_001 }, (_, i) => (i * 31) >> 3);
const sha256 = new Uint8Array(createHash("sha256").update(file).digest());
const source = {
  length: file.length,
  sha256,
  read: async (offset: number, length: number) => file.subarray(offset, offset + length),
};

/** Takes uploads as MCUboot's serial recovery does: an expected offset, and chunks cut to the write unit. */
class UploadServer {
  received = new Uint8Array(file.length);
  expected = 0;
  readonly requests: SmpMap[] = [];
  readonly #window: number;
  readonly #unit: number;

  constructor(unit: number, window = 1) {
    this.#unit = unit;
    this.#window = window;
  }

  async handle({ group, id, body }: SmpCall): Promise<SmpMap> {
    if (group === 0 && id === 6) return { buf_size: 1024, buf_count: this.#window };
    this.requests.push(body);
    const { off, data } = body;
    if (typeof off !== "number" || !(data instanceof Uint8Array)) return { rc: 3 };
    if (off === 0) this.expected = 0;
    if (off !== this.expected) return { rc: 0, off: this.expected };
    const last = off + data.length === file.length;
    const taken = last ? data : data.subarray(0, data.length - (data.length % this.#unit));
    this.received.set(taken, off);
    this.expected = off + taken.length;
    return { rc: 0, off: this.expected };
  }
}

async function upload(server: SmpHandler, from: number | "where-the-device-is" = 0) {
  const [near, far] = memoryLinks();
  const serving = serveSmp({
    link: far,
    framing: consoleFraming(),
    handler: server,
    form: "indefinite",
    longestReply: 1020,
    timer: nodeTimer,
  });
  const client = new SmpClient({ link: near, framing: consoleFraming(), timer: nodeTimer, timeout: 200 });
  const parameters = await askParameters(client);
  if (!parameters.ok) throw new Error(parameters.error.code);
  const options = { parameters: parameters.value, image: 2 };
  const uploaded =
    from === "where-the-device-is"
      ? await resumeImageUpload(client, source, options)
      : await uploadImage(client, source, { ...options, from });
  await client.close();
  await serving;
  return uploaded;
}

describe("a file arrives whole", () => {
  test.each([
    ["one at a time", 8, 1],
    ["four under way", 8, 4],
    ["to a server with units of 32", 32, 4],
  ])("%s", async (_, unit, window) => {
    const server = new UploadServer(unit, window);
    expect(await upload(server)).toMatchObject({
      ok: true,
      value: { done: file.length, goBacks: 0, restarts: 0, chunk: 992 },
    });
    expect(server.received).toEqual(file);
  });

  test("only the first chunk carries length, digest and target", async () => {
    const server = new UploadServer(8);
    await upload(server);
    const [first, second] = server.requests;
    expect(first).toMatchObject({ off: 0, len: file.length, sha: sha256, image: 2 });
    const data = first?.["data"];
    expect(data instanceof Uint8Array && data.length).toBe(928);
    expect(Object.keys(second ?? {})).toEqual(["off", "data"]);
  });

  test("it goes on where the device says", async () => {
    const server = new UploadServer(8);
    server.received.set(file.subarray(0, 9600));
    server.expected = 9600;
    expect(await upload(server, 9600)).toMatchObject({ ok: true, value: { goBacks: 0 } });
    expect(server.received).toEqual(file);
    const forgetful = new UploadServer(8);
    expect(await upload(forgetful, 9600)).toMatchObject({ ok: true, value: { restarts: 1 } });
    expect(forgetful.received).toEqual(file);
  });

  test("units that do not divide a chunk cost go-backs, and never the file", async () => {
    const server = new UploadServer(96, 4);
    const uploaded = await upload(server);
    expect(uploaded.ok).toBe(true);
    expect(server.received).toEqual(file);
  });
});

describe("an upload that somebody else began", () => {
  const begun = (bytes: number, handle?: (call: SmpCall) => SmpMap | undefined) => {
    const server = new UploadServer(8);
    server.received.set(file.subarray(0, bytes));
    server.expected = bytes;
    const handler: SmpHandler = { handle: async (call) => handle?.(call) ?? server.handle(call) };
    return { server, handler };
  };
  const offsetOf = ({ group, body }: SmpCall): number | undefined =>
    group === 1 && typeof body["off"] === "number" ? body["off"] : undefined;

  test.each([
    ["goes on at the byte that the device expects", 9600, 9600],
    ["is sent whole where nothing was begun", 0, 0],
    ["is not sent where the device has all of it", file.length, file.length],
  ])("%s", async (_, bytes, resumedAt) => {
    const { server, handler } = begun(bytes);
    expect(await upload(handler, "where-the-device-is")).toMatchObject({ ok: true, value: { resumedAt } });
    expect(server.received).toEqual(file);
    const sent = server.requests.map(({ data }) => (data instanceof Uint8Array ? data.length : 0));
    expect(sent.reduce((sum, length) => sum + length, 0)).toBeLessThan(file.length - bytes + 1000);
    expect(server.requests.some(({ off }) => off === 0)).toBe(resumedAt === 0);
  });

  test.each<[string, (call: SmpCall) => SmpMap | undefined]>([
    ["refuses what nothing came before", (call) => ((offsetOf(call) ?? 0) === file.length - 1 ? { rc: 3 } : undefined)],
    ["has more than this file", (call) => ((offsetOf(call) ?? 0) === file.length - 1 ? { off: 1 << 20 } : undefined)],
    [
      "had begun a shorter one",
      (() => {
        let begun: "shorter" | "ours" = "shorter";
        return (call: SmpCall) => {
          const off = offsetOf(call);
          if (off === 0) begun = "ours";
          return begun === "shorter" && off !== undefined && off > 15_000 && off !== file.length - 1
            ? { rc: 3 }
            : undefined;
        };
      })(),
    ],
  ])("is sent whole to a device that %s", async (_, handle) => {
    const { server, handler } = begun(9600, handle);
    expect(await upload(handler, "where-the-device-is")).toMatchObject({ ok: true, value: { resumedAt: 0 } });
    expect(server.received).toEqual(file);
    expect(server.requests.some(({ off }) => off === 0)).toBe(true);
  });
});
