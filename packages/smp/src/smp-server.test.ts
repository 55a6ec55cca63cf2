import { setImmediate } from "node:timers/promises";
import { concatBytes, hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { decodeBody, type SmpMap } from "./body.ts";
import { consoleFraming } from "./console-framing.ts";
import type { Framing } from "./framing.ts";
import { handlersByGroup } from "./group-handlers.ts";
import { memoryLinks } from "./memory-link.ts";
import { parseMessage, serializeMessage } from "./message.ts";
import { rawFraming } from "./raw-framing.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { type SmpHandler, serveSmp } from "./smp-server.ts";

const hello = hexToBytes("0a00000900000000a161646568656c6c6f");
const echoes: SmpHandler = { handle: async ({ body }) => ({ r: body["d"] ?? null }) };

/** What the server says to these bytes, each handed over after so many milliseconds. */
async function said(
  pieces: readonly (readonly [afterMs: number, bytes: Uint8Array])[],
  { framing = consoleFraming(), handler = echoes }: { framing?: Framing; handler?: SmpHandler } = {},
): Promise<(SmpMap & { at?: string })[]> {
  const timer = new SimulatedTime(() => setImmediate());
  const [near, far] = memoryLinks();
  const serving = serveSmp({ link: far, framing, handler, form: "definite", longestReply: 100, timer });
  const reader = framing.startReading();
  const heard: SmpMap[] = [];
  const listening = (async () => {
    for await (const chunk of near.read()) {
      for (const bytes of reader.read(chunk)) {
        const message = parseMessage(bytes);
        const body = message.ok ? decodeBody(message.value.body) : undefined;
        heard.push(body?.ok ? { ...body.value } : {});
      }
    }
  })();
  const talk = async (): Promise<void> => {
    for (const [afterMs, bytes] of pieces) {
      await timer.wait(afterMs);
      await near.write(bytes);
    }
    await timer.wait(10);
    await near.close();
  };
  await timer.run(Promise.all([talk(), serving, listening]));
  return heard;
}

const framed = (message: Uint8Array): Uint8Array => consoleFraming().frame(message);

describe("requests", () => {
  test("are answered with their own sequence number, group and command", async () => {
    expect(await said([[0, concatBytes(framed(hello), framed(hello))]])).toEqual([{ r: "hello" }, { r: "hello" }]);
  });

  test.each([
    ["an answer", hello.with(0, 0x0b)],
    ["a version that does not exist", hello.with(0, 0x12)],
    ["a length that is wrong", hello.with(3, 8)],
  ])("%s is none, and is passed over without a word", async (_, bytes) => {
    expect(await said([[0, concatBytes(framed(bytes), framed(hello))]])).toEqual([{ r: "hello" }]);
  });

  test("with a body that cannot be read are refused", async () => {
    expect(await said([[0, framed(hello.with(8, 0xbf))]])).toEqual([{ rc: 3 }]);
  });

  test("whose answer would be too long get a refusal instead", async () => {
    const handler: SmpHandler = { handle: async () => ({ data: new Uint8Array(100) }) };
    expect(await said([[0, framed(hello)]], { handler })).toEqual([{ rc: 7 }]);
  });

  test("of groups that nobody handles are refused", async () => {
    const handler = handlersByGroup({ 1: echoes });
    expect(await said([[0, framed(hello)]], { handler })).toEqual([{ rc: 8 }]);
    expect(await said([[0, framed(hello)]], { handler: handlersByGroup({ 0: echoes }) })).toEqual([{ r: "hello" }]);
  });
});

describe("in raw framing", () => {
  const framing = rawFraming();
  test("a request that stalled is forgotten after the line was quiet", async () => {
    expect(
      await said(
        [
          [0, hello.subarray(0, 12)],
          [3000, hello],
        ],
        { framing },
      ),
    ).toEqual([{ r: "hello" }]);
  });

  test("before that, what comes is taken for the rest of it", async () => {
    expect(
      await said(
        [
          [0, hello.subarray(0, 12)],
          [2999, hello.subarray(12)],
        ],
        { framing },
      ),
    ).toEqual([{ r: "hello" }]);
    expect(
      await said(
        [
          [0, hello.subarray(0, 12)],
          [2999, hello],
        ],
        { framing },
      ),
    ).not.toEqual([{ r: "hello" }]);
  });
});

test("what a device does after its answer is done after its answer", async () => {
  const order: string[] = [];
  const handler: SmpHandler = {
    handle: async () => {
      order.push("answer");
      return {};
    },
    afterwards: async ({ id }) => void order.push(`afterwards ${id}`),
  };
  const message = { version: 2, operation: "write", group: 0, sequence: 1, id: 5, body: new Uint8Array(0) } as const;
  await said([[0, framed(serializeMessage(message))]], { handler: handlersByGroup({ 0: handler }) });
  expect(order).toEqual(["answer", "afterwards 5"]);
});
