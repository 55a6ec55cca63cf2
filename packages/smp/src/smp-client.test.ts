import { setImmediate } from "node:timers/promises";
import { hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { consoleFraming } from "./console-framing.ts";
import { type Link, LinkFault } from "./link.ts";
import type { SmpMessage } from "./message.ts";
import { rawFraming } from "./raw-framing.ts";
import { answering, type Script, type ScriptedLine, scriptedPeer } from "./scripted-peer.test.support.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { SmpClient } from "./smp-client.ts";

const ask = (client: SmpClient, change: { timeout?: number; retries?: number; signal?: AbortSignal } = {}) =>
  client.request({ operation: "read", group: 1, id: 0, ...change });

describe("only the answer is the answer", () => {
  const cases: readonly (readonly [string, (request: SmpMessage, line: ScriptedLine) => Promise<void>])[] = [
    ["another sequence number", (request, line) => line.answer(request, {}, { sequence: request.sequence ^ 1 })],
    ["another group", (request, line) => line.answer(request, {}, { group: 2 })],
    ["another command", (request, line) => line.answer(request, {}, { id: 7 })],
    ["the answer to a write", (request, line) => line.answer(request, {}, { operation: "write-response" })],
    ["the request itself, echoed", (request, line) => line.answer(request, {}, { operation: "read" })],
    ["a write, echoed", (request, line) => line.answer(request, {}, { operation: "write" })],
    ["a message that is none", (_, line) => line.bytes(consoleFraming().frame(hexToBytes("ff00000000000000")))],
  ];
  test.each(cases)("%s is passed over", async (_, wrong) => {
    const peer = scriptedPeer(async (request, line) => {
      await wrong(request, line);
      await line.answer(request, { right: 1 });
    });
    expect(await peer.run((client) => ask(client))).toEqual({ ok: true, value: { right: 1 } });
  });

  test.each(cases)("%s alone is no answer, and is told", async (_, wrong) => {
    const peer = scriptedPeer(wrong, { retries: 1 });
    expect(await peer.run((client) => ask(client))).toMatchObject({
      ok: false,
      error: { code: "no-answer", sent: 2, heard: "other-answers" },
    });
  });

  test("one that comes late, after the request was sent again, counts once", async () => {
    let told = 0;
    const peer = scriptedPeer(
      async (request, line) => {
        if (++told === 1) await line.timer.wait(700);
        await line.answer(request, { answer: told });
      },
      { timeout: 500 },
    );
    const both = await peer.run(async (client) => [await ask(client), await ask(client)]);
    expect(both.map((one) => one.ok)).toEqual([true, true]);
    expect(peer.requests.map(({ sequence }) => sequence).slice(0, 2)).toEqual([0, 0]);
    expect(peer.requests.at(-1)?.sequence).toBe(1);
  });

  test("of several under way, each gets its own, in whatever order they come", async () => {
    const held: SmpMessage[] = [];
    const peer = scriptedPeer(async (request, line) => {
      held.push(request);
      if (held.length < 5) return;
      for (const one of held.toReversed()) await line.answer(one, { of: one.sequence });
    });
    const all = await peer.run((client) => Promise.all(Array.from({ length: 5 }, () => ask(client))));
    expect(all.map((one) => one.ok && one.value["of"])).toEqual([0, 1, 2, 3, 4]);
  });

  test("twice the same answer is one, and the second is no answer to the next request", async () => {
    const peer = scriptedPeer(async (request, line) => {
      await line.answer(request, { to: request.sequence });
      await line.answer(request, { to: request.sequence });
    });
    const both = await peer.run(async (client) => [await ask(client), await ask(client)]);
    expect(both.map((one) => one.ok && one.value["to"])).toEqual([0, 1]);
  });
});

test("256 requests may wait, and not one more", async () => {
  const peer = scriptedPeer(() => undefined, { retries: 0, timeout: 1000 });
  const all = await peer.run(async (client) => {
    const waiting = Array.from({ length: 256 }, () => ask(client));
    await expect(ask(client)).rejects.toThrow("256 requests");
    return Promise.all(waiting);
  });
  expect(all.every((one) => !one.ok && one.error.code === "no-answer")).toBe(true);
  expect(new Set(peer.requests.map(({ sequence }) => sequence)).size).toBe(256);
});

test("sequence numbers wrap, and one that waits is left out", async () => {
  const peer = scriptedPeer(
    async (request, line) => {
      if (request.id !== 9) await line.answer(request, {});
    },
    { retries: 0 },
  );
  await peer.run(async (client) => {
    const waiting = client.request({ operation: "read", group: 1, id: 9, timeout: 100_000 });
    for (let i = 0; i < 600; i++) expect((await ask(client)).ok).toBe(true);
    expect((await waiting).ok).toBe(false);
  });
  const taken = peer.requests.filter(({ id }) => id !== 9).map(({ sequence }) => sequence);
  expect(taken).not.toContain(0);
  expect(taken.slice(253, 257)).toEqual([254, 255, 1, 2]);
});

describe("nobody answers", () => {
  const silence: readonly (readonly [string, Script, string])[] = [
    ["silence", () => undefined, "nothing"],
    ["a log", (_, line) => line.bytes("panic!\n"), "noise"],
    ["bytes without an end of a line, as at a wrong rate", (_, line) => line.bytes("\u0080\u00f8\u0080"), "no-lines"],
    ["a frame without its end", (_, line) => line.bytes("\u0006\u0009AAAA"), "no-lines"],
    ["broken frames", (_, line) => line.bytes("\u0006\u0009AAAA\n"), "damaged-frames"],
  ];
  test.each(silence)("%s is told as that, with what was tried", async (_, script, heard) => {
    const peer = scriptedPeer(script, { timeout: 1000, retries: 2 });
    expect(await peer.run((client) => ask(client))).toEqual({
      ok: false,
      error: { code: "no-answer", sent: 3, milliseconds: 3000, framing: "console", messageLength: 9, heard },
    });
    expect(peer.timer.now()).toBe(3000);
  });

  test("what must not be done twice is asked once, and waited for as long as it says", async () => {
    const peer = scriptedPeer(() => undefined);
    await peer.run((client) => ask(client, { timeout: 60_000, retries: 0 }));
    expect([peer.requests.length, peer.timer.now()]).toEqual([1, 60_000]);
  });
});

describe("a body that cannot be read", () => {
  test.each([
    ["no map", "9fff", "not-a-map"],
    ["a bomb", "9f".repeat(5000), "not-a-map"],
    ["half of one", "bf6161", "not-cbor"],
  ])("%s is refused by name, and asked for once", async (_, hex, reason) => {
    const peer = scriptedPeer((request, line) => line.answer(request, {}, { body: hexToBytes(hex) }));
    const answer = await peer.run((client) => ask(client));
    expect(answer).toMatchObject({ ok: false, error: { code: "malformed-body" } });
    expect(["not-cbor", "too-deep", reason]).toContain(
      !answer.ok && answer.error.code === "malformed-body" && answer.error.reason,
    );
    expect(peer.requests.length).toBe(1);
  });
});

describe("cancelling", () => {
  test.each([0, 1, 499, 500, 1500])("after %i ms of waiting it returns at once", async (after) => {
    const peer = scriptedPeer(() => undefined, { timeout: 500 });
    const cancel = new AbortController();
    const [answer] = await peer.run((client) =>
      Promise.all([ask(client, { signal: cancel.signal }), peer.timer.wait(after).then(() => cancel.abort())]),
    );
    expect(answer).toEqual({ ok: false, error: { code: "cancelled" } });
    expect(peer.timer.now()).toBe(after);
  });

  test("the whole client, which sends nothing more", async () => {
    const cancel = new AbortController();
    const peer = scriptedPeer(answering({}), { signal: cancel.signal });
    cancel.abort();
    expect(await peer.run((client) => ask(client))).toEqual({ ok: false, error: { code: "cancelled" } });
    expect(peer.requests).toEqual([]);
  });

  test("one request leaves the others alone", async () => {
    const peer = scriptedPeer(async (request, line) => {
      await line.timer.wait(100);
      await line.answer(request, { id: request.sequence });
    });
    const cancel = new AbortController();
    const both = await peer.run((client) =>
      Promise.all([
        ask(client, { signal: cancel.signal }),
        ask(client),
        peer.timer.wait(10).then(() => cancel.abort()),
      ]),
    );
    expect(both.slice(0, 2)).toEqual([
      { ok: false, error: { code: "cancelled" } },
      { ok: true, value: { id: 1 } },
    ]);
  });
});

describe("the line", () => {
  test("is gone while an answer is waited for: a fault at once", async () => {
    const peer = scriptedPeer((_, line) => line.link.close());
    await expect(peer.run((client) => ask(client))).rejects.toThrow(LinkFault);
    expect(peer.timer.now()).toBe(0);
    expect(peer.client.line).toBe("gone");
    await expect(peer.run((client) => ask(client))).rejects.toThrow(LinkFault);
  });

  test("takes no bytes: a fault after a while, and cancelling is heard meanwhile", async () => {
    const never = new Promise<never>(() => {});
    const stuck: Link = {
      read: () => ({ [Symbol.asyncIterator]: () => ({ next: () => never }) }),
      write: () => never,
      close: async () => {},
    };
    const timer = new SimulatedTime(() => setImmediate());
    const client = new SmpClient({ link: stuck, framing: consoleFraming(), timer });
    await expect(timer.run(ask(client))).rejects.toMatchObject({ code: "link-stalled" });
    const begun = timer.now();
    expect(begun).toBeLessThan(15_000);
    const cancel = new AbortController();
    const [answer] = await timer.run(
      Promise.all([ask(client, { signal: cancel.signal }), timer.wait(7).then(() => cancel.abort())]),
    );
    expect(answer).toEqual({ ok: false, error: { code: "cancelled" } });
    expect(timer.now() - begun).toBe(7);
  });

  test("still carries an earlier conversation: it is drained first", async () => {
    const peer = scriptedPeer(answering({ fresh: 1 }));
    const stale = consoleFraming().frame(hexToBytes("0900000600010000bf62726303ff"));
    await peer.run(async (client) => {
      await peer.bytes(stale.subarray(0, 12));
      void peer.timer.wait(30).then(() => peer.bytes(stale));
      await client.drain();
      expect(peer.timer.now()).toBe(80);
      expect(await ask(client)).toEqual({ ok: true, value: { fresh: 1 } });
    });
  });

  test("never gets quiet: draining has an end", async () => {
    const peer = scriptedPeer(answering({}));
    let stop = false;
    const chatter = async (): Promise<void> => {
      while (!stop) {
        await peer.bytes("still alive\n");
        await peer.timer.wait(20);
      }
    };
    await peer.run(async (client) => {
      const talking = chatter();
      await client.drain(2000);
      stop = true;
      await talking;
    });
    expect(peer.timer.now()).toBeLessThan(2100);
  });
});

describe("in raw framing", () => {
  test("a request is not sent again before the other end has forgotten the damaged one", async () => {
    const at: number[] = [];
    const peer = scriptedPeer((_, line) => void at.push(line.timer.now()), {
      framing: rawFraming(),
      retries: 2,
      timeout: 500,
    });
    await peer.run((client) => ask(client));
    const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThan(3000);
  });

  test("an answer that was cut short does not swallow the next one", async () => {
    let told = 0;
    const peer = scriptedPeer(
      async (request, line) => {
        if (++told > 1) return line.answer(request, { right: 1 });
        await line.bytes(hexToBytes("09000100000100"));
        await line.bytes(hexToBytes("00a0a0a0"));
      },
      { framing: rawFraming() },
    );
    expect(await peer.run((client) => ask(client))).toEqual({ ok: true, value: { right: 1 } });
    expect(told).toBe(2);
  });
});

test("either version may be asked in, request by request", async () => {
  const peer = scriptedPeer(answering({}), { version: 1 });
  await peer.run(async (client) => {
    await ask(client);
    await client.request({ operation: "read", group: 0, id: 0, version: 2 });
  });
  expect(peer.requests.map(({ version }) => version)).toEqual([1, 2]);
});
