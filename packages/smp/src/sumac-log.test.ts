import { describe, expect, test } from "vitest";
import type { SmpMap } from "./body.ts";
import { rawFraming } from "./raw-framing.ts";
import { answering, scriptedPeer } from "./scripted-peer.test.support.ts";
import { ObedientDevice, sumacLine } from "./sumac.test.support.ts";
import { readEvents } from "./sumac-client.ts";

describe("the log", () => {
  const entry = (number: number, text = "boot") => ({
    number,
    at: 1_700_000_000 + number,
    code: text,
    facts: { slot: 1 },
  });

  test("in as many answers as it takes, from any entry on", async () => {
    const device = new ObedientDevice();
    device.log = Array.from({ length: 100 }, (_, i) => entry(i + 1));
    const { run } = sumacLine(device, { longestReply: 256 });
    expect(await run((client) => readEvents(client, { after: 0, most: 1000 }))).toEqual({
      ok: true,
      value: device.log,
    });
    expect(await run((client) => readEvents(client, { after: 97, most: 1000 }))).toEqual({
      ok: true,
      value: device.log.slice(97),
    });
    expect(await run((client) => readEvents(client, { after: 0, most: 3 }))).toEqual({
      ok: true,
      value: device.log.slice(0, 3),
    });
    expect(await run((client) => readEvents(client, { after: 100, most: 3 }))).toEqual({ ok: true, value: [] });
  });

  test("an entry that fits into no answer comes without its facts, and hides none", async () => {
    const device = new ObedientDevice();
    device.log = [entry(1), { ...entry(2), facts: { text: "x".repeat(5000) } }, entry(3)];
    const read = await sumacLine(device, { longestReply: 256 }).run((client) =>
      readEvents(client, { after: 0, most: 9 }),
    );
    expect(read).toEqual({ ok: true, value: [entry(1), { ...entry(2), facts: {} }, entry(3)] });
  });

  test("a device that makes up entries is left", async () => {
    let made = 0;
    const peer = scriptedPeer((request, line) =>
      line.answer(request, { events: [{ n: ++made, code: "x" }], last: 2 ** 40 }),
    );
    const read = await peer.run((client) => readEvents(client, { after: 0, most: 50 }));
    expect(read.ok && read.value.length).toBe(50);
    const stuck = scriptedPeer(answering({ events: [{ n: 1, code: "x" }], last: 9 }));
    expect(await stuck.run((client) => readEvents(client, { after: 0, most: 50 }))).toMatchObject({
      ok: false,
      error: { code: "unexpected-answer", field: "events" },
    });
  });

  test.each<[string, SmpMap]>([
    ["long text", { text: "x".repeat(60_000) }],
    ["bytes", { bytes: new Uint8Array(60_000) }],
    // 64 times as large in memory as on the line.
    ["thousands of empty maps", { maps: Array.from({ length: 2000 }, () => ({})) }],
  ])("a device that fills the memory with %s is left before it is full", async (_, facts) => {
    let made = 0;
    const peer = scriptedPeer(
      (request, line) => line.answer(request, { events: [{ n: ++made, code: "x", facts }], last: 2 ** 40 }),
      { framing: rawFraming() },
    );
    const read = await peer.run((client) => readEvents(client, { after: 0, most: 10_000, mostBytes: 1_000_000 }));
    expect(read).toEqual({ ok: false, error: { code: "log-too-long", limit: 1_000_000 } });
    expect(made).toBeLessThan(18);
  });
});
