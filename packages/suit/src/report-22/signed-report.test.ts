import { generateKeyPairSync, sign } from "node:crypto";
import { algorithmForScheme, verifySign1 } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import { expect, test } from "vitest";
import { defaultLimits } from "../limits.ts";
import { parseReport } from "./parse-report.ts";
import { fullReport } from "./report.test.support.ts";
import { serializeReport } from "./serialize-report.ts";
import { parseSignedReport, type ReportSigner, signReport } from "./signed-report.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const bytes = new Uint8Array(publicKey.export({ type: "spki", format: "der" })).slice(-32);
const signer: ReportSigner = {
  keyId: Uint8Array.of(1, 2, 3),
  algorithm: algorithmForScheme("ed25519"),
  sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
};

test("a signed report carries the report, its algorithm and key id under the signature", async () => {
  const signed = await signReport(fullReport, signer);
  expect(signed[0]).toBe(0xd2);
  const parsed = parseSignedReport(signed);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { sign1, payload, payloadOffset } = parsed.value;
  expect(payload).toEqual(serializeReport(fullReport));
  expect(signed.subarray(payloadOffset, payloadOffset + payload.length)).toEqual(payload);
  expect(sign1).toMatchObject({ algorithm: -19, keyId: signer.keyId, unprotected: Uint8Array.of(0xa0) });
  expect(verifySign1(sign1, { scheme: "ed25519", bytes }, payload, nodeCrypto)).toBe(true);
  expect(parseReport(payload, payloadOffset)).toEqual({ ok: true, value: fullReport });
});

test("what was parsed does not change with the caller's buffer", async () => {
  const signed = await signReport(fullReport, signer);
  const parsed = parseSignedReport(signed);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  signed.fill(0);
  expect(parsed.value.payload).toEqual(serializeReport(fullReport));
});

test("offsets of the report count from the start of the file", async () => {
  const parsed = parseSignedReport(await signReport(fullReport, signer));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { payload, payloadOffset } = parsed.value;
  expect(parseReport(payload.with(0, 0x80), payloadOffset)).toMatchObject({ error: { offset: payloadOffset + 1 } });
});

test.each([
  ["without its tag", (signed: Uint8Array) => signed.subarray(1), "malformed"],
  ["with a byte behind it", (signed: Uint8Array) => Uint8Array.of(...signed, 0), "malformed"],
  ["cut", (signed: Uint8Array) => signed.subarray(0, -1), "malformed"],
  ["of nothing", () => new Uint8Array(), "malformed"],
  ["over the limit", () => new Uint8Array(defaultLimits.maxBytes + 1), "too-large"],
])("a signed report %s is refused", async (_, change, code) => {
  expect(parseSignedReport(change(await signReport(fullReport, signer)))).toMatchObject({ ok: false, error: { code } });
});
