import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { commands, craftCommon, craftEnvelope, craftManifest, map, offsetOf } from "./crafted-envelope.test.support.ts";
import { parseIn } from "./crafted-manifest.test.support.ts";
import { digestOf, digestValue, encloseBytes, manifestDigest } from "./digest.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { resolveSeverable } from "./resolve-severable.ts";
import { serializeText } from "./serialize-text.ts";

const install = commands(21, 2, 3, 15);
const text = serializeText({ languages: [{ language: "en", updateDescription: "x", components: [] }] });
const slot = (content: Uint8Array) => digestValue(manifestDigest(encloseBytes(content), "sha-256", nodeCrypto));
const severed = craftManifest({ 20: slot(install), 23: slot(text) });

function resolveIn(file: Uint8Array, limits?: Limits) {
  const envelope = parseEnvelope(file);
  const manifest = parseIn(file);
  if (!envelope.ok || !manifest.ok) throw new Error("the envelope must parse");
  return resolveSeverable(envelope.value, manifest.value, nodeCrypto, limits);
}

describe("resolved members", () => {
  test("are those of the envelope", () => {
    expect(resolveIn(craftEnvelope({ 3: severed, 20: install, 23: text }))).toMatchObject({
      ok: true,
      value: { install: { commands: [{ directive: "fetch" }, { condition: "image-match" }] }, text: { encoded: text } },
    });
  });

  test("are those of the manifest where they stand inline", () => {
    const manifest = craftManifest({ 16: install, 20: install, 23: text });
    expect(resolveIn(craftEnvelope({ 3: manifest }))).toMatchObject({
      ok: true,
      value: { payloadFetch: { encoded: install }, install: { encoded: install }, text: { encoded: text } },
    });
  });

  test("may be absent: a procedure that needs one has to say so", () => {
    expect(resolveIn(craftEnvelope({ 3: severed, 20: install }))).toMatchObject({ ok: true, value: { install: {} } });
    expect(resolveIn(craftEnvelope({ 3: severed }))).toEqual({ ok: true, value: {} });
  });
});

describe("row 6: a member that is not the one its author signed", () => {
  const flipped = commands(21, 0, 3, 15);
  const contentOnly = digestValue(digestOf(nodeCrypto, "sha-256", install));
  test.each([
    ["install", 20, { 3: severed, 20: flipped }, bytesToHex(flipped)],
    ["text", 23, { 3: severed, 23: text.with(-1, 0x79) }, bytesToHex(text.with(-1, 0x79))],
    ["payload-fetch", 16, { 3: craftManifest({ 16: slot(install) }), 16: flipped }, bytesToHex(flipped)],
    // The digest covers the head of the byte string too (suit.md 3).
    ["install", 20, { 3: craftManifest({ 20: contentOnly }), 20: install }, bytesToHex(install)],
  ])("%s (%i)", (member, _, changes, at) => {
    const file = craftEnvelope(changes);
    expect(resolveIn(file)).toEqual({
      ok: false,
      error: { code: "severed-member-mismatch", member, offset: offsetOf(file, at) },
    });
  });

  test("is found before any member is parsed, whatever stands in it", () => {
    const broken = Uint8Array.of(0xff);
    const manifest = craftManifest({ 16: slot(broken), 20: slot(install) });
    expect(resolveIn(craftEnvelope({ 3: manifest, 16: broken, 20: flipped }))).toMatchObject({
      error: { code: "severed-member-mismatch", member: "install" },
    });
    expect(resolveIn(craftEnvelope({ 3: manifest, 16: broken, 20: install }))).toMatchObject({
      error: { code: "malformed", reason: "unexpected-break", field: "envelope.payload-fetch" },
    });
  });
});

describe("row 7: a member that nothing in the manifest covers", () => {
  test.each([
    ["payload-fetch", "absent", { 16: install }],
    ["install", "absent", { 20: install }],
    ["text", "absent", { 23: install }],
    ["install", "inline", { 3: craftManifest({ 20: commands(14, 0) }), 20: install }],
    ["text", "inline", { 3: craftManifest({ 23: text }), 23: install }],
    ["payload-fetch", "absent beside a severed install", { 3: severed, 16: commands(5, 15), 20: install }],
  ])("%s, which the manifest holds %s", (member, _, changes) => {
    const file = craftEnvelope(changes);
    const at = bytesToHex((changes as Record<number, Uint8Array>)[16] ?? install);
    expect(resolveIn(file)).toEqual({
      ok: false,
      error: { code: "member-unauthenticated", member, offset: offsetOf(file, at) },
    });
  });
});

describe("a severed sequence", () => {
  test("obeys the rules of its manifest: with two components it names one first (row 15)", () => {
    const common = craftCommon({ 2: [[Uint8Array.of(1)], [Uint8Array.of(2)]], 4: undefined });
    const manifest = craftManifest({ 3: common, 7: undefined, 20: slot(install) });
    const file = craftEnvelope({ 3: manifest, 20: install });
    expect(resolveIn(file)).toEqual({
      ok: false,
      error: {
        code: "malformed",
        reason: "missing",
        field: "envelope.install.0.set-component-index",
        offset: offsetOf(file, "84|1502"),
      },
    });
  });

  test("may not set soft-failure (row 18)", () => {
    const soft = commands(20, map([[13, true]]));
    const file = craftEnvelope({ 3: craftManifest({ 20: slot(soft) }), 20: soft });
    expect(resolveIn(file)).toMatchObject({
      error: { reason: "not-allowed-here", field: "envelope.install.0.override-parameters.soft-failure" },
    });
  });

  test("has the limits of its own layer", () => {
    const file = craftEnvelope({ 3: severed, 20: install });
    expect(resolveIn(file, { ...defaultLimits, maxCommands: 2 })).toMatchObject({ ok: true });
    expect(resolveIn(file, { ...defaultLimits, maxCommands: 1 })).toMatchObject({
      error: { code: "limit-exceeded", limit: "maxCommands" },
    });
  });
});
