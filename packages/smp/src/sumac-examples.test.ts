/** The examples of docs/spec/serial.md: what stands there is what is written, and is read as what it says. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { expect, test } from "vitest";
import { readAnswer } from "./answer-fields.ts";
import { decodeBody, encodeBody } from "./body.ts";
import { consoleFraming } from "./console-framing.ts";
import { type SmpMessage, serializeMessage } from "./message.ts";
import { readReply } from "./reply.ts";
import { encodeReply } from "./reply-body.ts";
import { sumacCommand, sumacGroup } from "./sumac-labels.ts";
import { readVerdictFields, writeVerdict } from "./sumac-verdict.ts";

const page = readFileSync(path.join(import.meta.dirname, "../../../docs/spec/serial.md"), "utf8");
const shown = Array.from(page.matchAll(/^([<>]) ([0-9a-f]+)$/gm), ([, direction, hex]) => `${direction} ${hex}`);

const message = (operation: SmpMessage["operation"], sequence: number, id: number, body: Uint8Array): Uint8Array =>
  serializeMessage({ version: 2, operation, group: sumacGroup, sequence, id, body });

const { verdict, payload, act } = sumacCommand;
const size = 16_484;
const wanted = { state: "wants-payload", uri: "#app.bin", component: [Uint8Array.of(0)], size, offset: 0 } as const;
const refused = { state: "refused", code: "rollback", facts: { offered: 4, floor: 5 } } as const;
const firstChunk = { off: 0, data: Uint8Array.of(0x3d, 0xb8, 0xf3, 0x96), uri: "#app.bin", len: size };
const notNow = { err: { group: sumacGroup, rc: 5 } };

test("are what is written", () => {
  const question = message("read", 3, verdict, encodeBody({}));
  const written = [
    ["> ", question],
    ["< ", message("read-response", 3, verdict, encodeReply(writeVerdict(wanted), "definite"))],
    ["> ", message("write", 4, payload, encodeBody(firstChunk))],
    ["< ", message("write-response", 4, payload, encodeReply({ off: 4 }, "definite"))],
    ["< ", message("read-response", 3, verdict, encodeReply(writeVerdict(refused), "definite"))],
    ["< ", message("write-response", 5, act, encodeReply(notNow, "definite"))],
  ] as const;
  expect(shown).toEqual(written.map(([direction, bytes]) => direction + bytesToHex(bytes)));
  const line = Buffer.from(consoleFraming().frame(question)).toString("latin1");
  expect(page).toContain(`0609 "${line.slice(2, -1)}" 0a`);
});

test("are read as what they say", () => {
  const bodies = shown.map((line) => decodeBody(Buffer.from(line.slice(2 + 16), "hex")));
  const read = (i: number) => (bodies[i]?.ok ? bodies[i].value : {});
  const asked = { group: sumacGroup, command: verdict };
  expect(readAnswer(read(1), asked, readVerdictFields)).toEqual({ ok: true, value: wanted });
  expect(readAnswer(read(4), asked, readVerdictFields)).toEqual({ ok: true, value: refused });
  expect(readReply(read(5), sumacGroup, act)).toMatchObject({ ok: false, error: { name: "not-now" } });
});
