import { describe, expect, test } from "vitest";
import { Unavailable } from "../unavailable.ts";
import { GatewayPayload } from "./gateway-payload.ts";

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) >> 3);

function served(
  length = bytes.length,
  chunkSize = 1000,
): { readonly from: number[]; readonly payload: GatewayPayload } {
  const from: number[] = [];
  const server = {
    async *download(_: unknown, options: { readonly from: number }): AsyncGenerator<Uint8Array> {
      from.push(options.from);
      for (let at = options.from; at < length; at += chunkSize) yield bytes.slice(at, Math.min(at + chunkSize, length));
    },
  };
  const artifact = { filename: "x", size: bytes.length, hashes: {}, href: "http://127.0.0.1/x" };
  return { from, payload: new GatewayPayload(server, artifact, new AbortController().signal) };
}

describe("an artifact as a source of an upload", () => {
  test("read forwards it is one stream", async () => {
    const { from, payload } = served();
    for (let at = 0; at < bytes.length; at += 992) {
      expect(await payload.read(at, 992)).toEqual(bytes.slice(at, at + 992));
    }
    expect(from).toEqual([0]);
  });

  test("a little back costs nothing, far back a new stream, and nothing is ever wrong", async () => {
    const { from, payload } = served();
    for (const at of [50_000, 50_992, 50_000, 51_984, 60_000, 49_000, 90_000, 0, 99_999]) {
      expect(await payload.read(at, 992)).toEqual(bytes.slice(at, at + 992));
    }
    expect(from[0]).toBe(50_000);
    expect(from).toContain(0);
  });

  test("several at once, as a window of requests asks", async () => {
    const { from, payload } = served();
    const parts = await Promise.all([0, 992, 1984, 2976].map((at) => payload.read(at, 992)));
    expect(parts).toEqual([0, 992, 1984, 2976].map((at) => bytes.slice(at, at + 992)));
    expect(from).toEqual([0]);
  });

  test("a stream that ends early is a lost link", async () => {
    const { payload } = served(5000);
    await expect(payload.read(4900, 992)).rejects.toThrow(Unavailable);
  });
});
