import { describe, expect, test } from "vitest";
import type { SmpMap } from "./body.ts";
import type { DeviceParameters } from "./device-parameters.ts";
import { answering, scriptedPeer } from "./scripted-peer.test.support.ts";
import type { SmpClient } from "./smp-client.ts";
import { identity, ObedientDevice, sumacLine } from "./sumac.test.support.ts";
import {
  actOn,
  readIdentity,
  readReport,
  readVerdict,
  restartDevice,
  sendEnvelope,
  sendPayload,
} from "./sumac-client.ts";
import { type SumacCommand, sumacCommand, sumacGroup, sumacState } from "./sumac-labels.ts";
import { type SumacVerdict, writeVerdict } from "./sumac-verdict.ts";

const parameters: DeviceParameters = { longestMessage: 1020, window: 1, known: "told" };
const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) >> 3);
const sourceOf = (bytes: Uint8Array, sha = 1) => ({
  length: bytes.length,
  sha256: new Uint8Array(32).fill(sha),
  read: async (at: number, length: number) => bytes.subarray(at, at + length),
});
const envelope = bytesOf(2500);
const payload = bytesOf(3000);

const request = (client: SmpClient, command: SumacCommand, body: SmpMap, operation: "read" | "write" = "write") =>
  client.request({ operation, group: sumacGroup, id: sumacCommand[command], body: body as Record<string, number> });

test("from first contact to confirmed", async () => {
  const device = new ObedientDevice();
  const { run, close } = sumacLine(device);
  await run(async (client) => {
    expect(await readIdentity(client)).toEqual({ ok: true, value: identity });
    expect(await readVerdict(client)).toEqual({ ok: true, value: { state: "idle" } });
    expect(await sendEnvelope(client, sourceOf(envelope), { parameters })).toMatchObject({
      ok: true,
      value: { done: 2500 },
    });
    const wants = await readVerdict(client);
    expect(wants).toMatchObject({
      ok: true,
      value: { state: "wants-payload", uri: "#app.bin", size: 3000, offset: 0 },
    });
    expect((await sendPayload(client, "#app.bin", sourceOf(payload), { parameters })).ok).toBe(true);
    expect(await readVerdict(client)).toMatchObject({ ok: true, value: { state: "staged" } });
    expect(await restartDevice(client)).toEqual({ ok: true, value: "answered" });
    expect(await actOn(client, "confirm")).toEqual({ ok: true, value: undefined });
  });
  await close();
  expect(device.offered).toEqual([envelope]);
  expect(Uint8Array.from(device.payload)).toEqual(payload);
  expect(device.done).toEqual(["restart", "confirm"]);
});

describe("an envelope", () => {
  test("that is half here is taken up again by its digest, and another one begins anew", async () => {
    const device = new ObedientDevice();
    const { run } = sumacLine(device);
    await run(async (client) => {
      const first = { off: 0, data: envelope.subarray(0, 900), len: 2500, sha: new Uint8Array(32).fill(1) };
      expect(await request(client, "envelope", first)).toMatchObject({ ok: true, value: { off: 900 } });
      expect(await readVerdict(client)).toEqual({ ok: true, value: { state: "receiving", offset: 900, size: 2500 } });
      expect(await request(client, "envelope", first)).toMatchObject({ ok: true, value: { off: 900 } });
      const other = { ...first, sha: new Uint8Array(32).fill(2) };
      expect(await request(client, "envelope", { ...other, data: envelope.subarray(0, 64) })).toMatchObject({
        value: { off: 64 },
      });
      const sent = await sendEnvelope(client, sourceOf(envelope, 2), { parameters });
      expect(sent.ok).toBe(true);
    });
    expect(device.offered).toEqual([envelope]);
  });

  test("whose last answer was lost is offered once; one that was refused is offered again", async () => {
    const device = new ObedientDevice();
    const { run } = sumacLine(device);
    const small = { off: 0, data: envelope.subarray(0, 100), len: 100, sha: new Uint8Array(32) };
    await run(async (client) => {
      for (let i = 0; i < 3; i++)
        expect(await request(client, "envelope", small)).toMatchObject({ value: { off: 100 } });
      expect(device.offered.length).toBe(1);
      device.current = { state: "refused", code: "rollback", facts: {} };
      await request(client, "envelope", small);
      expect(device.offered.length).toBe(2);
    });
  });

  const whole = { off: 0, data: new Uint8Array(10), len: 100, sha: new Uint8Array(32) };
  test.each([
    ["without an offset", { ...whole, off: "0" }, "malformed-request"],
    ["without data", { off: 0, len: 10 }, "malformed-request"],
    ["without a length", { off: 0, data: new Uint8Array(10) }, "malformed-request"],
    ["of no length", { ...whole, len: 0, data: new Uint8Array(0) }, "malformed-request"],
    ["longer than it says", { ...whole, len: 5 }, "malformed-request"],
    ["longer than any", { ...whole, len: 65_537 }, "too-large"],
    ["of a length beyond counting", { ...whole, len: 2n ** 63n }, "malformed-request"],
  ] as const)("%s is refused before anything is kept", async (_, body, name) => {
    for (const version of [1, 2] as const) {
      const device = new ObedientDevice();
      const { run } = sumacLine(device, { version });
      const answer = await run((client) => request(client, "envelope", body));
      const inVersion1 = "invalid-value";
      expect(answer).toMatchObject({
        ok: false,
        error: { code: "device-error", name: version === 2 ? name : inVersion1 },
      });
      expect(await run(readVerdict)).toEqual({ ok: true, value: { state: "idle" } });
      expect(device.offered).toEqual([]);
    }
  });

  test("that goes on where nothing began is told to begin, and one that goes on too far is refused", async () => {
    const { run } = sumacLine(new ObedientDevice());
    await run(async (client) => {
      expect(await request(client, "envelope", { off: 500, data: new Uint8Array(5) })).toMatchObject({
        value: { off: 0 },
      });
      expect(await request(client, "envelope", whole)).toMatchObject({ value: { off: 10 } });
      expect(await request(client, "envelope", { off: 50, data: new Uint8Array(5) })).toMatchObject({
        value: { off: 10 },
      });
      expect(await request(client, "envelope", { off: 10, data: new Uint8Array(91) })).toMatchObject({
        error: { name: "malformed-request" },
      });
    });
  });
});

describe("a payload", () => {
  const first = { off: 0, data: new Uint8Array(8), uri: "#app.bin", len: 3000 };
  test.each([
    ["that nobody asked for", "idle", first, "not-expected"],
    ["of another address", "wants-payload", { ...first, uri: "#other.bin" }, "not-expected"],
    ["of another length", "wants-payload", { ...first, len: 2999 }, "too-large"],
    [
      "beyond its length",
      "wants-payload",
      { off: 0, data: new Uint8Array(900), uri: "#app.bin", len: 3000 },
      undefined,
    ],
    ["without an address", "wants-payload", { off: 0, data: new Uint8Array(8), len: 3000 }, "malformed-request"],
    ["past the end", "wants-payload", { off: 2999, data: new Uint8Array(2) }, "too-large"],
    ["without data", "wants-payload", { off: 0, uri: "#app.bin", len: 3000 }, "malformed-request"],
  ] as const)("%s", async (_, state, body, name) => {
    const device = new ObedientDevice();
    const { run } = sumacLine(device);
    if (state === "wants-payload") await device.offer(envelope);
    const answer = await run((client) => request(client, "payload", body));
    if (name === undefined) expect(answer.ok).toBe(true);
    else expect(answer).toMatchObject({ ok: false, error: { name } });
    expect(device.payload.length).toBe(name === undefined ? 896 : 0);
  });

  test("goes on where the device stopped, also after it was restarted", async () => {
    const device = new ObedientDevice();
    await device.offer(envelope);
    device.payload.push(...payload.subarray(0, 1600));
    const { run } = sumacLine(device);
    const sent = await run((client) => sendPayload(client, "#app.bin", sourceOf(payload), { parameters }));
    expect(sent).toMatchObject({ ok: true, value: { goBacks: 0 } });
    expect(Uint8Array.from(device.payload)).toEqual(payload);
  });

  test("whose last answer was lost gets the same one again", async () => {
    const device = new ObedientDevice(8);
    await device.offer(envelope);
    const { run } = sumacLine(device);
    const last = { off: 0, data: new Uint8Array(8), uri: "#app.bin", len: 8 };
    await run(async (client) => {
      for (let i = 0; i < 3; i++) expect(await request(client, "payload", last)).toMatchObject({ value: { off: 8 } });
      expect(await request(client, "payload", { off: 3, data: new Uint8Array(1) })).toMatchObject({
        error: { name: "not-expected" },
      });
    });
    expect(device.payload.length).toBe(8);
  });

  test("that cannot be stored is refused by name", async () => {
    const device = new ObedientDevice();
    await device.offer(envelope);
    device.takePayload = async () => ({ ok: false, error: "storage-failed" });
    const sent = await sumacLine(device).run((client) =>
      sendPayload(client, "#app.bin", sourceOf(payload), { parameters }),
    );
    expect(sent).toMatchObject({ ok: false, error: { code: "device-error", name: "storage-failed" } });
  });
});

describe("acting", () => {
  test("as the device allows", async () => {
    const device = new ObedientDevice();
    device.refuses = "not-now";
    const { run, close } = sumacLine(device);
    expect(await run((client) => actOn(client, "confirm"))).toMatchObject({ error: { name: "not-now" } });
    expect(await run(restartDevice)).toMatchObject({ error: { name: "not-now" } });
    expect(await run((client) => request(client, "act", { do: "explode" }))).toMatchObject({
      error: { name: "malformed-request" },
    });
    await close();
    expect(device.done).toEqual([]);
  });

  test("cancelling forgets the envelope that arrives", async () => {
    const { run } = sumacLine(new ObedientDevice());
    await run(async (client) => {
      await request(client, "envelope", { off: 0, data: new Uint8Array(10), len: 100 });
      expect((await actOn(client, "cancel")).ok).toBe(true);
      expect(await readVerdict(client)).toEqual({ ok: true, value: { state: "idle" } });
    });
  });
});

describe("the report", () => {
  test.each([1, 100, 5000])("of %i bytes, as it is, in parts that fit", async (length) => {
    const device = new ObedientDevice();
    device.signedReport = bytesOf(length);
    for (const longestReply of [128, 1020]) {
      expect(await sumacLine(device, { longestReply }).run(readReport)).toEqual({ ok: true, value: bytesOf(length) });
    }
  });

  test("signed anew for every question is still one report", async () => {
    const device = new ObedientDevice();
    let count = 0;
    device.report = async () => new Uint8Array(3000).fill(++count);
    const read = await sumacLine(device).run(readReport);
    expect(read.ok && new Set(read.value)).toEqual(new Set([1]));
  });

  test("that is not there", async () => {
    expect(await sumacLine(new ObedientDevice()).run(readReport)).toMatchObject({ error: { name: "nothing-there" } });
  });

  test.each([
    ["a byte at a time", { off: 0, len: 60_000, data: new Uint8Array(1) }, "unexpected-answer"],
    ["longer than any", { off: 0, len: 1e9, data: new Uint8Array(40) }, "report-too-long"],
    ["another part than asked for", { off: 5, len: 100, data: new Uint8Array(40) }, "report-changed"],
    ["more than it has", { off: 0, len: 5, data: new Uint8Array(9) }, "report-changed"],
    ["parts of nothing", { off: 0, len: 5, data: new Uint8Array(0) }, "unexpected-answer"],
    ["the same part for ever", { off: 0, len: 20_000, data: new Uint8Array(40) }, "report-changed"],
  ])("%s is refused", async (_, answer, code) => {
    expect(await scriptedPeer(answering(answer)).run(readReport)).toMatchObject({ ok: false, error: { code } });
  });
});

describe("verdicts", () => {
  const manifest = { algorithm: -16, bytes: new Uint8Array(32) };
  const reason = { code: "rollback", facts: { offered: 4, floor: 5 } };
  const verdicts: readonly SumacVerdict[] = [
    { state: "idle" },
    { state: "receiving", offset: 5, size: 10 },
    { state: "refused", ...reason, manifest },
    { state: "waiting", code: "outside-window", facts: {} },
    { state: "wants-payload", uri: "#a", component: [Uint8Array.of(0)], size: 10, offset: 10, manifest },
    { state: "staged", manifest },
    { state: "armed" },
    { state: "trial", manifest },
    { state: "confirmed", manifest },
    { state: "reverted", ...reason, manifest },
  ];

  test.each(verdicts)("$state survives the line", async (verdict) => {
    const device = new ObedientDevice();
    device.verdict = async () => verdict;
    expect(await sumacLine(device).run(readVerdict)).toEqual({ ok: true, value: verdict });
  });

  test("there is one for every state", () => {
    expect(verdicts.map(({ state }) => state)).toEqual([...sumacState]);
  });

  const wants = writeVerdict(verdicts[4] as SumacVerdict);
  test.each([
    ["no state", {}, "state"],
    ["a state that is none", { state: "done" }, "state"],
    ["a refusal without a code", { state: "refused" }, "code"],
    ["a code that is a sentence", { state: "refused", code: "go away!" }, "code"],
    ["a code that steers a terminal", { state: "refused", code: "a\u001b" }, "code"],
    ["facts that are none", { state: "refused", code: "rollback", facts: [1] }, "facts"],
    ["no address", { ...wants, uri: null }, "uri"],
    ["an offset beyond the end", { ...wants, off: 11 }, "off"],
    ["a digest that is none", { state: "staged", manifest: [-16] }, "manifest"],
    ["a digest without its algorithm", { state: "staged", manifest: new Uint8Array(32) }, "manifest"],
    ["a digest without an end", { state: "staged", manifest: [-16, new Uint8Array(65)] }, "manifest"],
  ])("%s is named", async (_, answer, field) => {
    expect(await scriptedPeer(answering(answer)).run(readVerdict)).toEqual({
      ok: false,
      error: { code: "unexpected-answer", group: sumacGroup, command: sumacCommand.verdict, field },
    });
  });
});

describe("the identity", () => {
  const { deviceId: _, manifest: __, ...least } = identity;
  test("without what need not be there", async () => {
    const device = new ObedientDevice();
    device.identity = async () => least;
    expect(await sumacLine(device).run(readIdentity)).toEqual({ ok: true, value: least });
  });

  test("of a large floor", async () => {
    const device = new ObedientDevice();
    device.identity = async () => ({ ...identity, floor: 2n ** 64n - 1n });
    expect(await sumacLine(device).run(readIdentity)).toMatchObject({ value: { floor: 2n ** 64n - 1n } });
  });

  test("of a device without the group", async () => {
    const peer = scriptedPeer(answering({ rc: 8 }));
    expect(await peer.run(readIdentity)).toMatchObject({
      ok: false,
      error: { code: "device-error", name: "not-supported" },
    });
  });

  test("is refused where an identifier is no UUID", async () => {
    const device = new ObedientDevice();
    device.identity = async () => ({ ...identity, vendorIds: [new Uint8Array(15)] });
    expect(await sumacLine(device).run(readIdentity)).toMatchObject({
      error: { code: "unexpected-answer", field: "vendors" },
    });
  });
});

test("commands that are none, and those asked the wrong way round, are refused", async () => {
  const { run } = sumacLine(new ObedientDevice());
  await run(async (client) => {
    for (const [operation, id] of [
      ["read", 7],
      ["write", 0],
      ["read", 1],
      ["write", 2],
      ["read", 3],
      ["read", 4],
    ] as const) {
      const answer = await client.request({ operation, group: sumacGroup, id });
      expect(answer).toMatchObject({ ok: false, error: { name: "not-supported" } });
    }
  });
});
