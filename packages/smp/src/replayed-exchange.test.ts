/** The recorded exchange again, with the recording as the device: what is sent has to be what was sent then, byte for byte. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { decodeBody } from "./body.ts";
import { consoleFraming } from "./console-framing.ts";
import { askParameters } from "./device-parameters.ts";
import { findListed, readImageState } from "./image-state.ts";
import { memoryLinks } from "./memory-link.ts";
import { parseMessage } from "./message.ts";
import { echo, readBootloader, resetDevice } from "./os-commands.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { SmpClient } from "./smp-client.ts";
import { chooseUploadTarget, readSlots } from "./upload-target.ts";

const folder = path.join(import.meta.dirname, "../../../../shared/vectors/smp");
const present = existsSync(path.join(folder, "smp_transcript_recovery.txt"));
if (!present) console.warn(`the recorded exchange is not replayed: ${folder} is not there`);

interface Step {
  readonly request: Uint8Array;
  readonly answer: Uint8Array;
}

function recorded(): readonly Step[] {
  const lines = readFileSync(path.join(folder, "smp_transcript_recovery.txt"), "utf8").trimEnd().split("\n");
  const bytes = lines.map((line) => hexToBytes(line.slice(2)));
  return Array.from({ length: bytes.length / 2 }, (_, i) => ({
    request: bytes[2 * i] ?? new Uint8Array(0),
    answer: (bytes[2 * i + 1] ?? new Uint8Array(0)).subarray(0, -2),
  }));
}

function replay() {
  const timer = new SimulatedTime(() => setImmediate());
  const [near, far] = memoryLinks();
  const framing = consoleFraming();
  const steps = [...recorded()];
  const strange: string[] = [];
  const reader = framing.startReading();
  const playing = (async () => {
    for await (const chunk of far.read()) {
      for (const bytes of reader.read(chunk)) {
        const step = steps.shift();
        if (step === undefined || bytesToHex(step.request) !== bytesToHex(bytes)) {
          strange.push(bytesToHex(bytes));
          continue;
        }
        await far.write(new TextEncoder().encode("\r\n*** recovery ***\r\n"));
        await far.write(framing.frame(step.answer));
      }
    }
  })();
  const client = new SmpClient({ link: near, framing, timer });
  return { client, steps, strange, timer, end: () => Promise.all([client.close(), playing]) };
}

describe.skipIf(!present)("a recorded device", () => {
  test("is asked as it was asked then, and ends as it ended", async () => {
    const { client, steps, strange, timer, end } = replay();
    const chunks = recorded().flatMap(({ request }) => {
      const message = parseMessage(request);
      if (!message.ok || message.value.group !== 1 || message.value.id !== 1) return [];
      const body = decodeBody(message.value.body);
      return body.ok ? [body.value] : [];
    });
    await timer.run(
      (async () => {
        expect(await echo(client, "hello")).toEqual({ ok: true, value: "hello" });
        expect(await askParameters(client)).toEqual({
          ok: true,
          value: { longestMessage: 1020, window: 1, known: "told" },
        });
        const slots = await readSlots(client);
        expect(slots.ok && chooseUploadTarget(slots.value, { image: 0, slot: "secondary", size: 30_673 })).toEqual({
          ok: true,
          value: { image: 2, limit: 516_096 },
        });
        expect(await readImageState(client)).toEqual({ ok: true, value: [] });
        expect(await readBootloader(client)).toMatchObject({ ok: false, error: { name: "not-supported" } });
        for (const { off, data, ...first } of chunks) {
          // In the order in which they stand in the recording.
          const body = { off, data, ...first } as Record<string, number | Uint8Array>;
          const answer = await client.request({ operation: "write", group: 1, id: 1, body });
          const end = (off as number) + (data as Uint8Array).length;
          expect(answer).toMatchObject({ ok: true, value: { off: end } });
        }
        const images = await readImageState(client);
        const hash = hexToBytes("47efdfdbe49acc405ae40e21cd45e804c114be7accbd008edbb4e436904ffeb4");
        expect(images.ok && findListed(images.value, hash)).toMatchObject({
          slot: 0,
          version: "2.0.0.7",
          flags: ["active", "confirmed", "bootable"],
        });
        expect(await resetDevice(client)).toEqual({ ok: true, value: "answered" });
      })(),
    );
    expect([strange, steps.length]).toEqual([[], 0]);
    await end();
  });

  test("says nothing to what it was not asked then", async () => {
    const { client, strange, timer } = replay();
    expect(await timer.run(echo(client, "other"))).toMatchObject({
      ok: false,
      error: { code: "no-answer", heard: "nothing" },
    });
    expect(strange.length).toBeGreaterThan(0);
    expect(await timer.run(resetDevice(client))).toMatchObject({ ok: false, error: { code: "no-answer" } });
  });
});
