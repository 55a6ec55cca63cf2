import { describe, expect, test } from "vitest";
import { decodeBody, type SmpMap } from "./body.ts";
import { askParameters } from "./device-parameters.ts";
import { echo, readBootloader, readDateTime, readOsInformation, resetDevice, writeDateTime } from "./os-commands.ts";
import { answering, scriptedPeer } from "./scripted-peer.test.support.ts";
import type { SmpClient } from "./smp-client.ts";

/** What is asked, and what becomes of these answers. */
async function asked(task: (client: SmpClient) => Promise<unknown>, ...answers: readonly SmpMap[]) {
  const peer = scriptedPeer(answering(...answers));
  const result = await peer.run(task);
  const requests = peer.requests.map(({ operation, group, id, body }) => {
    const read = decodeBody(body);
    return [operation, group, id, read.ok ? { ...read.value } : {}];
  });
  return { result, requests };
}

describe("what is asked, and what it means", () => {
  test.each([
    [
      "echo",
      (client: SmpClient) => echo(client, "hé\u0007"),
      { r: "hé\u0007" },
      ["write", 0, 0, { d: "hé\u0007" }],
      "hé\u0007",
    ],
    ["the date", readDateTime, { datetime: "2026-01-02T03:04:05" }, ["read", 0, 4, {}], "2026-01-02T03:04:05"],
    [
      "setting it",
      (client: SmpClient) => writeDateTime(client, "2026-01-02T03:04:05.000000Z"),
      {},
      ["write", 0, 4, { datetime: "2026-01-02T03:04:05.000000Z" }],
      undefined,
    ],
    [
      "the system",
      (client: SmpClient) => readOsInformation(client, "a"),
      { output: "Zephyr \u001b[31m4.1" },
      ["read", 0, 7, { format: "a" }],
      "Zephyr \ufffd[31m4.1",
    ],
    ["a reset", (client: SmpClient) => resetDevice(client), { rc: 0 }, ["write", 0, 5, {}], "answered"],
    [
      "a forced one",
      (client: SmpClient) => resetDevice(client, "force"),
      {},
      ["write", 0, 5, { force: 1 }],
      "answered",
    ],
  ] as const)("%s", async (_, task, answer, request, value) => {
    expect(await asked(task, answer)).toEqual({ result: { ok: true, value }, requests: [request] });
  });

  test.each([
    ["echo", (client: SmpClient) => echo(client, "x"), 0, "r"],
    ["the date", readDateTime, 4, "datetime"],
    ["the system", (client: SmpClient) => readOsInformation(client), 7, "output"],
    ["the boot loader", readBootloader, 8, "bootloader"],
  ] as const)("%s: an answer without its member is named", async (_, task, command, field) => {
    for (const answer of [{}, { [field]: 7 }, { [field]: null }]) {
      const { result } = await asked(task, answer);
      expect(result).toEqual({ ok: false, error: { code: "unexpected-answer", group: 0, command, field } });
    }
  });
});

describe("the boot loader", () => {
  test.each([
    ["with its mode", { mode: 3, "no-downgrade": true }, { mode: "swap-without-scratch", downgrade: "prevented" }],
    ["without rollback protection", { mode: 2 }, { mode: "overwrite-only", downgrade: "not-prevented" }],
    ["with a mode without a name", { mode: 99 }, { downgrade: "not-prevented" }],
    ["that does not know its mode", { rc: 8 }, { downgrade: "not-prevented" }],
  ] as const)("%s", async (_, answer, value) => {
    const { result, requests } = await asked(readBootloader, { bootloader: "MCUboot" }, answer);
    expect(result).toEqual({ ok: true, value: { name: "MCUboot", ...value } });
    expect(requests.at(-1)).toEqual(["read", 0, 8, { query: "mode" }]);
  });

  test("that is none of those that can be asked", async () => {
    const { result } = await asked(readBootloader, { rc: 8 });
    expect(result).toMatchObject({ ok: false, error: { code: "device-error", name: "not-supported", command: 8 } });
  });
});

describe("what a device can take", () => {
  test.each([
    ["as it says", { buf_size: 1024, buf_count: 1 }, { longestMessage: 1020, window: 1, known: "told" }],
    ["more than there is", { buf_size: 9_000_000, buf_count: 4 }, { longestMessage: 65_531, window: 4, known: "told" }],
    [
      "a window without an end",
      { buf_size: 512, buf_count: 2 ** 40 },
      { longestMessage: 508, window: 16, known: "told" },
    ],
    ["no window", { buf_size: 512, buf_count: 0 }, { longestMessage: 508, window: 1, known: "told" }],
    ["too little to be true", { buf_size: 8, buf_count: 1 }, { longestMessage: 256, window: 1, known: "assumed" }],
    ["in words", { buf_size: "big" }, { longestMessage: 256, window: 1, known: "assumed" }],
    ["nothing", {}, { longestMessage: 256, window: 1, known: "assumed" }],
    ["that it does not know the question", { rc: 8 }, { longestMessage: 256, window: 1, known: "assumed" }],
  ] as const)("%s", async (_, answer, value) => {
    const { result, requests } = await asked(askParameters, answer);
    expect(result).toEqual({ ok: true, value });
    expect(requests).toEqual([["read", 0, 6, {}]]);
  });
});

describe("a reset", () => {
  test("is asked for once: a second one would take back an image on trial", async () => {
    const peer = scriptedPeer(() => undefined);
    expect(await peer.run((client) => resetDevice(client))).toMatchObject({
      ok: false,
      error: { code: "no-answer", sent: 1 },
    });
    expect(peer.requests.length).toBe(1);
  });

  test("after which the port dies without an answer has begun", async () => {
    const peer = scriptedPeer((_, line) => line.link.close());
    expect(await peer.run((client) => resetDevice(client))).toEqual({ ok: true, value: "line-gone" });
    await expect(peer.run((client) => resetDevice(client))).rejects.toMatchObject({ code: "link-closed" });
  });

  test("that is refused has not", async () => {
    const { result } = await asked((client) => resetDevice(client), { rc: 10 });
    expect(result).toMatchObject({ ok: false, error: { code: "device-error", name: "busy" } });
  });
});
