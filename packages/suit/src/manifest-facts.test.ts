import { hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import type { Parameters } from "./command.ts";
import { encloseBytes } from "./digest.ts";
import { envelopeType, manifestFacts } from "./manifest-facts.ts";
import type { CommandInput } from "./manifest-input.ts";
import { parseManifest } from "./parse-manifest.ts";
import { serializeManifest } from "./serialize-manifest.ts";

const id = (digit: string): Uint8Array => hexToBytes(digit.repeat(32));
const uuid = (digit: string): string => "8-4-4-4-12".replace(/\d+/g, (count) => digit.repeat(Number(count)));
const override = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });
const first: CommandInput = { kind: "set-component-index", index: 0 };
const ours: Parameters = { vendorIdentifier: id("a"), classIdentifier: id("b") };

/** Of a manifest of two components with these commands, nested or not, in its shared sequence. */
function factsOf(...commands: CommandInput[]): ReturnType<typeof manifestFacts> {
  const components = [[Uint8Array.of(0x61)], [Uint8Array.of(0x62), Uint8Array.of(1)]];
  const shared = commands.length === 0 ? {} : { shared: { commands: [first, ...commands] } };
  const bytes = serializeManifest({ sequenceNumber: 7n, components, ...shared });
  const manifest = parseManifest(encloseBytes(bytes));
  if (!manifest.ok) throw new Error(JSON.stringify(manifest.error));
  return manifestFacts(manifest.value);
}

const facts = {
  vendorId: uuid("a"),
  classId: uuid("b"),
  sequence: 7n,
  components: ["61", "62/01"],
  envelopeType,
};

describe("what a repository repeats of a manifest", () => {
  test("vendor, class, number and components", () => {
    expect(factsOf(override(ours))).toEqual({ ok: true, value: facts });
  });

  test("the device, where it is for one", () => {
    const value = { ...facts, deviceId: uuid("c") };
    expect(factsOf(override({ ...ours, deviceIdentifier: id("c") }))).toEqual({ ok: true, value });
  });

  test("an identifier that is set twice is one, wherever it stands", () => {
    const nested: CommandInput = {
      kind: "try-each",
      sequences: [{ commands: [override(ours)] }, { commands: [override({ ...ours, componentSlot: 1n })] }],
      orNil: false,
    };
    expect(factsOf(override(ours), nested)).toEqual({ ok: true, value: facts });
    expect(factsOf({ kind: "run-sequence", sequence: { commands: [override(ours)] } })).toEqual({
      ok: true,
      value: facts,
    });
  });

  test.each<[string, CommandInput[], string]>([
    ["no vendor", [override({ classIdentifier: id("b") })], "vendorIdentifier"],
    ["no class", [override({ vendorIdentifier: id("a") })], "classIdentifier"],
    ["nothing at all", [], "vendorIdentifier"],
    ["two vendors", [override(ours), override({ vendorIdentifier: id("d") })], "vendorIdentifier"],
    ["two classes", [override(ours), override({ classIdentifier: id("d") })], "classIdentifier"],
    [
      "two devices",
      [override({ ...ours, deviceIdentifier: id("c") }), override({ deviceIdentifier: id("d") })],
      "deviceIdentifier",
    ],
  ])("%s: no one answer", (_, commands, identity) => {
    expect(factsOf(...commands)).toEqual({ ok: false, error: { code: "identity-ambiguous", identity } });
  });
});
