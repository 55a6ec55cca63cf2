import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { testFactory, testLayout } from "../device/release.test.support.ts";
import { FaultyFlash, type FlashFault } from "../flash/faulty-flash.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { first, offer, second, streamOf } from "../flash/simulated-device.test.support.ts";
import { flashDevice } from "../flash/simulated-device.ts";
import type { HttpAnswer } from "./ddi-client-http.ts";
import { faultyHttp, type LinkFault } from "./faulty-http.ts";

describe("faults of the flash that are asked for", () => {
  async function failing(faults: readonly FlashFault[]) {
    const told: string[] = [];
    const inner = new MemoryFlash(testLayout.geometry);
    const device = flashDevice(inner, testLayout, nodeCrypto);
    await device.provision({ ...testFactory, ...first, fetch: () => streamOf(first.image) });
    const faulty = new FaultyFlash(inner, { layout: testLayout, faults, tell: (fault) => told.push(fault) });
    const broken = flashDevice(faulty, testLayout, nodeCrypto);
    expect(await broken.boot()).toMatchObject({ kind: "running", booted: { sequence: 5n } });
    return { device: broken, told, faulty };
  }

  test("none", async () => {
    const { device, told } = await failing([]);
    expect(await offer(device, second)).toMatchObject({ ok: true });
    expect(told).toEqual([]);
  });

  test("stuck bits: the image does not read back, and never runs", async () => {
    const { device, told } = await failing(["stuck-bits"]);
    expect(await offer(device, second)).toMatchObject({ ok: false, error: { code: "slot-readback-mismatch" } });
    expect(told).toEqual(["stuck-bits"]);
  });

  test("a full disk: the staging breaks off", async () => {
    const { device, told } = await failing(["disk-full"]);
    await expect(offer(device, second)).rejects.toMatchObject({ code: "storage-full" });
    expect(told).toEqual(["disk-full"]);
    expect(await device.boot()).toMatchObject({ kind: "running", booted: { sequence: 5n } });
  });

  test("a full log: nothing else is touched", async () => {
    const { device, faulty, told } = await failing(["log-full"]);
    expect(await offer(device, second)).toMatchObject({ ok: true });
    await expect(faulty.erase(testLayout.log.offset)).rejects.toMatchObject({ code: "storage-full" });
    expect(told).toEqual(["log-full"]);
  });
});

describe("faults of the link that are asked for", () => {
  const body = new Uint8Array(3000).map((_, i) => i);

  async function read(faults: readonly LinkFault[], numbers: readonly number[]) {
    const waits: number[] = [];
    const told: string[] = [];
    const left = [...numbers];
    const http = faultyHttp(
      { request: async (): Promise<HttpAnswer> => ({ status: 200, headers: new Map(), body: streamOf(body, 1000) }) },
      {
        faults,
        random: () => left.shift() ?? 1,
        wait: async (ms) => void waits.push(ms),
        tell: (fault) => told.push(fault),
      },
    );
    const got: number[] = [];
    const outcome = await (async () => {
      const answer = await http.request({ method: "GET", url: "http://a", headers: {}, expect: "stream" });
      for await (const chunk of answer.body) got.push(...chunk);
      return "whole";
    })().catch((error: unknown) => (error as { code: string }).code);
    expect(got).toEqual(Array.from(body.subarray(0, got.length)));
    return { outcome, length: got.length, waits: waits.length, told };
  }

  test("none", async () => {
    expect(await read([], [])).toEqual({ outcome: "whole", length: 3000, waits: 0, told: [] });
  });

  test("dropped before an answer, in the middle of one, or not at all", async () => {
    expect(await read(["drop-link"], [0, 0])).toMatchObject({ outcome: "link-lost", length: 0, told: ["drop-link"] });
    expect(await read(["drop-link"], [0, 1, 0.25])).toMatchObject({ outcome: "link-lost", length: 2048 });
    expect(await read(["drop-link"], [0.5])).toMatchObject({ outcome: "whole", length: 3000 });
  });

  test("slow: in small pieces, with a pause before each", async () => {
    expect(await read(["slow-link"], [])).toMatchObject({ outcome: "whole", length: 3000, waits: 6 });
  });
});
