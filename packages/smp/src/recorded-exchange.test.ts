/** An exchange with MCUboot's serial recovery, recorded: every message there and back. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { decode } from "@sumac/cbor";
import { bytesToHex, concatBytes, hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { decodeBody, encodeBody, type SmpMap, type SmpValue } from "./body.ts";
import { consoleFraming } from "./console-framing.ts";
import { crc16 } from "./crc16.ts";
import { smpOperation, smpVersionBits } from "./labels.ts";
import { parseMessage, serializeMessage } from "./message.ts";
import { rawFraming } from "./raw-framing.ts";
import { readReply } from "./reply.ts";

const folder = path.join(import.meta.dirname, "../../../../shared/vectors/smp");
const present = existsSync(path.join(folder, "INDEX.json"));
if (!present) console.warn(`the recorded exchange is not tested: ${folder} is not there`);

interface IndexedMessage {
  readonly line: number;
  readonly dir: ">" | "<";
  readonly op: number;
  readonly version_bits: number;
  readonly group: number;
  readonly seq: number;
  readonly id: number;
}

interface FramingExample {
  readonly of_line: number;
  readonly crc16: string;
  readonly lines_hex: readonly string[];
}

const index: { exchanges: readonly IndexedMessage[]; console_framing_examples: readonly FramingExample[] } = present
  ? JSON.parse(readFileSync(path.join(folder, "INDEX.json"), "utf8"))
  : { exchanges: [], console_framing_examples: [] };

const lines = present
  ? readFileSync(path.join(folder, "smp_transcript_recovery.txt"), "utf8").trimEnd().split("\n")
  : [];

/** Header and body of a line; the checksum that answers carry is checked and taken off. */
function messageOf(line: number): Uint8Array {
  const [direction, hex = ""] = (lines[line - 1] ?? "").split(" ");
  const bytes = hexToBytes(hex);
  if (direction === ">") return bytes;
  expect(crc16(bytes)).toBe(0);
  return bytes.subarray(0, -2);
}

function parsed(bytes: Uint8Array) {
  const message = parseMessage(bytes);
  if (!message.ok) throw new Error(message.error.reason);
  return message.value;
}

function bodyOf(bytes: Uint8Array): SmpMap {
  const body = decodeBody(parsed(bytes).body);
  if (!body.ok) throw new Error(body.error.reason);
  return body.value;
}

describe.skipIf(!present)("a recorded exchange", () => {
  test("each header reads as the index says, and is written again", () => {
    expect(lines.length).toBe(index.exchanges.length);
    for (const { line, op, version_bits, group, seq, id } of index.exchanges) {
      const bytes = messageOf(line);
      const message = parsed(bytes);
      expect([smpOperation[message.operation], smpVersionBits[message.version]]).toEqual([op, version_bits]);
      expect([message.group, message.sequence, message.id]).toEqual([group, seq, id]);
      expect(serializeMessage(message)).toEqual(bytes);
    }
  });

  test("each request is written again from its members, byte for byte", () => {
    for (const { line } of index.exchanges.filter(({ dir }) => dir === ">")) {
      const bytes = messageOf(line);
      const members = bodyOf(bytes) as Record<string, Exclude<SmpValue, SmpMap | readonly SmpValue[]>>;
      expect(bytesToHex(encodeBody(members))).toBe(bytesToHex(parsed(bytes).body));
    }
  });

  test("answers are of indefinite length: the strict reader refuses each, the lenient one reads it as success or by name", () => {
    const refused: string[] = [];
    for (const { line, group, id } of index.exchanges.filter(({ dir }) => dir === "<")) {
      const bytes = messageOf(line);
      expect(decode(parsed(bytes).body, { field: "body" }).ok).toBe(false);
      const reply = readReply(bodyOf(bytes), group, id);
      if (!reply.ok) refused.push(`${line} ${reply.error.name}`);
    }
    expect(refused).toEqual(["10 not-supported"]);
  });

  test("the chunks of the upload are the image", () => {
    const chunks = index.exchanges
      .filter(({ dir, group, id }) => dir === ">" && group === 1 && id === 1)
      .map(({ line }) => bodyOf(messageOf(line))["data"]);
    const image = concatBytes(...chunks.filter((chunk): chunk is Uint8Array => chunk instanceof Uint8Array));
    const file = readFileSync(path.join(folder, "../mcuboot/ed25519_v2.0.0_sec5.bin"));
    expect(file.equals(image)).toBe(true);
  });

  test.each(index.console_framing_examples)(
    "console lines of message $of_line",
    ({ of_line, crc16: crc, lines_hex }) => {
      const bytes = messageOf(of_line);
      expect(crc16(bytes).toString(16)).toBe(crc);
      expect(bytesToHex(consoleFraming().frame(bytes))).toBe(lines_hex.join(""));
    },
  );

  test("every message survives both framings, in pieces of every size", () => {
    for (const framing of [consoleFraming(), consoleFraming({ longestLine: 1020 }), rawFraming()]) {
      const messages = index.exchanges.map(({ line }) => messageOf(line));
      const line = concatBytes(...messages.map((message) => framing.frame(message)));
      expect(line.length).toBe(messages.reduce((sum, { length }) => sum + framing.lengthOnLine(length), 0));
      for (const size of [1, 7, 64, 4096, line.length]) {
        const reader = framing.startReading();
        const read: Uint8Array[] = [];
        for (let at = 0; at < line.length; at += size) read.push(...reader.read(line.subarray(at, at + size)));
        expect(read.map(bytesToHex)).toEqual(messages.map(bytesToHex));
        expect(reader.dropped).toEqual({ noise: 0, damaged: 0, tooLong: 0 });
      }
    }
  });
});
