import type { CborValue } from "@sumac/cbor";
import { encode } from "@sumac/cbor";
import { describe, expect, test } from "vitest";
import { commands, craftCommon, craftEnvelope, craftManifest, map } from "./crafted-envelope.test.support.ts";
import { parseIn, set, validating } from "./crafted-manifest.test.support.ts";
import { everyExtension } from "./every-extension.ts";
import type { Extension } from "./extension.ts";
import { firmwareEncryption24 } from "./firmware-encryption-24.ts";
import { defaultLimits } from "./limits.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { trustDomains12 } from "./read-dependencies.ts";
import { updateManagement14 } from "./update-management-14/extension.ts";

interface Row {
  readonly extension: Extension;
  readonly name: string;
  readonly label: number;
  readonly file: Uint8Array;
}

const inManifest = (extension: Extension, name: string, manifest: Uint8Array, label: number): Row => ({
  extension,
  name,
  label,
  file: craftEnvelope({ 3: manifest }),
});
const member = (extension: Extension, label: number, value: CborValue): Row =>
  inManifest(extension, `manifest key ${label}`, craftManifest({ [label]: value }), label);
const command = (extension: Extension, label: number, argument: CborValue): Row =>
  inManifest(extension, `command ${label}`, validating(label, argument), label);
const parameter = (extension: Extension, label: number, value: CborValue): Row =>
  inManifest(extension, `parameter ${label}`, validating(...set([label, value])), label);

const prefix = [Uint8Array.of(1)];
const rows: readonly Row[] = [
  inManifest(trustDomains12, "common key 1", craftManifest({ 3: craftCommon({ 1: map([[0, map([])]]) }) }), 1),
  member(trustDomains12, 5, prefix),
  ...[15, 18, 24].map((label) => member(trustDomains12, label, commands(14, 0))),
  ...[7, 8, 11, 33].map((label) => command(trustDomains12, label, 0)),
  command(trustDomains12, 19, map([[21, "a"]])),
  ...[15, 18].map((label) => ({
    extension: trustDomains12,
    name: `envelope key ${label}`,
    label,
    file: craftEnvelope({ [label]: commands(14, 0) }),
  })),
  member(updateManagement14, 6, encode([1, 2])),
  ...[25, 28].map((label) => command(updateManagement14, label, 0)),
  parameter(updateManagement14, 27, -1),
  parameter(updateManagement14, 28, encode([2, [1, 2, 3]])),
  parameter(firmwareEncryption24, 19, Uint8Array.of(1)),
];

const understanding = (...extensions: readonly Extension[]) => ({ ...defaultLimits, extensions });

describe("what needs an extension is never ignored", () => {
  for (const { extension, name, label, file } of rows) {
    test(`${name} of ${extension.name}: unsupported with its number, unless that very extension is on`, () => {
      const others = everyExtension.filter((one) => one !== extension);
      for (const limits of [undefined, understanding(), understanding(...others)]) {
        expect(parseIn(file, limits)).toMatchObject({ ok: false, error: { code: "unsupported", label } });
      }
      expect(parseIn(file, understanding(extension))).toMatchObject({ ok: true });
    });
  }

  test("nor is it run because a member beside the manifest is severed under its number", () => {
    expect(parseEnvelope(craftEnvelope({ 24: commands(14, 0) }), understanding(trustDomains12))).toMatchObject({
      error: { code: "unsupported", field: "envelope", label: 24 },
    });
  });
});

test("use-before needs no option: expiry is a check of its own", () => {
  expect(parseIn(craftEnvelope({ 3: validating(...set([4, 9]), 4, 15) }))).toMatchObject({ ok: true });
});

test("what an extension leaves out stays unsupported with it", () => {
  for (const label of [26, 27, 29, 34, 35]) {
    const file = craftEnvelope({ 3: validating(label, 0) });
    expect(parseIn(file, understanding(updateManagement14))).toMatchObject({
      error: { code: "unsupported", label },
    });
  }
});
