import { describe, expect, test } from "vitest";
import type { Command } from "../command.ts";
import { encloseBytes } from "../digest.ts";
import { conditionLabel, directiveLabel } from "../labels.ts";
import type { Manifest } from "../manifest.ts";
import type { CommandInput, ManifestInput } from "../manifest-input.ts";
import { parseManifest } from "../parse-manifest.ts";
import { serializeManifest } from "../serialize-manifest.ts";
import { commandAt, locateCommand, reportSections } from "./sections.ts";

const condition = (name: "image-match" | "abort"): CommandInput => ({ kind: "condition", condition: name, policy: 15 });
const choose: CommandInput = {
  kind: "try-each",
  sequences: [
    { commands: [condition("abort")] },
    { commands: [{ kind: "run-sequence", sequence: { commands: [condition("image-match")] } }] },
  ],
  orNil: false,
};
const input: ManifestInput = {
  sequenceNumber: 1n,
  components: [[Uint8Array.of(1)]],
  shared: { commands: [condition("image-match")] },
  validate: { commands: [condition("image-match"), choose] },
  install: { at: "inline", value: { commands: [condition("abort")] } },
};

function parsed(): Manifest {
  const manifest = parseManifest(encloseBytes(serializeManifest(input)));
  if (!manifest.ok) throw new Error(JSON.stringify(manifest.error));
  return manifest.value;
}

const manifest = parsed();
const inline = manifest.install?.at === "inline" ? { install: manifest.install.value } : {};

describe("the sections of a manifest", () => {
  test("are its sequences, those that are there", () => {
    expect([...reportSections(manifest, inline).keys()]).toEqual(["common", "validate", "install"]);
    expect([...reportSections(manifest, {}).keys()]).toEqual(["common", "validate"]);
  });
});

/** Of the command's code: 32 takes a second byte. */
function firstByte(command: Command): number {
  if (command.kind === "condition") return conditionLabel[command.condition];
  return command.kind === "try-each" ? directiveLabel["try-each"] : 0x18;
}

describe("a command of a section", () => {
  const sections = reportSections(manifest, inline);
  const validate = sections.get("validate");
  if (validate === undefined) throw new Error("no validate");

  test("is found at its byte in the section, as the manifest has it there", () => {
    for (const [at, byte] of validate.encoded.entries()) {
      const command = commandAt(validate, at);
      if (command === undefined) continue;
      expect(byte).toBe(firstByte(command));
      expect(locateCommand(sections, command.offset)).toEqual({ section: "validate", offset: at });
    }
  });

  test("also inside try-each and run-sequence, five in all, and nowhere else", () => {
    const found = [...validate.encoded.keys()].map((at) => commandAt(validate, at)).filter((one) => one !== undefined);
    expect(found.map(({ kind }) => kind)).toEqual(["condition", "try-each", "condition", "run-sequence", "condition"]);
  });

  test.each([0, -1, 10_000])("is not at %i", (offset) => {
    expect(commandAt(validate, offset)).toBeUndefined();
  });

  test("an offset outside of every section is nowhere", () => {
    expect(locateCommand(sections, 0)).toBeUndefined();
    expect(locateCommand(sections, validate.offset)).toBeUndefined();
  });
});
