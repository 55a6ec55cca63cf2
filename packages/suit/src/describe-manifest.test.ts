import { hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Parameters } from "./command.ts";
import { allExtensions } from "./crafted-manifest.test.support.ts";
import { describeManifest } from "./describe-manifest.ts";
import { encloseBytes } from "./digest.ts";
import { draftExamples } from "./draft-examples.test.support.ts";
import { manifestArbitrary } from "./manifest-arbitrary.test.support.ts";
import type { ManifestInput, SequenceInput } from "./manifest-input.ts";
import { parseManifest } from "./parse-manifest.ts";
import { parseText } from "./parse-text.ts";
import { serializeManifest } from "./serialize-manifest.ts";
import { severMembers } from "./sever.ts";

function parsed(manifest: ManifestInput) {
  const result = parseManifest(encloseBytes(serializeManifest(manifest)), allExtensions);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const told = (validate: SequenceInput) =>
  describeManifest(
    parsed({
      sequenceNumber: 1n,
      components: [[hexToBytes("617070"), hexToBytes("31")], [hexToBytes("00")]],
      validate,
    }),
  ).slice(5);

describe("a manifest in words", () => {
  test("example 1 of the draft", () => {
    expect(describeManifest(parsed(draftExamples[1] as ManifestInput))).toEqual([
      "manifest version: 1",
      "sequence number: 1",
      "component 0: 00",
      "before each of the steps below",
      "  set",
      "    vendor identifier: fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe",
      "    class identifier: 1492af14-2569-5e48-bf42-9b2d51f2ab45",
      "    image digest: sha-256 00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210",
      "    image size: 34768 bytes (34.0 KiB)",
      "  stop unless the device is of the vendor  (reported)",
      "  stop unless the device is of the class  (reported)",
      "to install",
      "  set",
      '    uri: "http://example.com/file.bin"',
      "  fetch from the uri into the component  (reported: failure)",
      "  stop unless the component has the image digest  (reported)",
      "to validate, after the installation and at each start",
      "  stop unless the component has the image digest  (reported)",
    ]);
  });

  test("tells every parameter", () => {
    const parameters: Required<Parameters> = {
      vendorIdentifier: hexToBytes("d87041ab"),
      classIdentifier: hexToBytes("00112233445566778899aabbccddeeff"),
      deviceIdentifier: hexToBytes("ff112233445566778899aabbccddeeff"),
      imageDigest: { algorithm: "sha-512", bytes: new Uint8Array(64).fill(0xab) },
      imageSize: 12n,
      useBefore: 1_800_000_000n,
      componentSlot: 1n,
      strictOrder: false,
      softFailure: true,
      content: new Uint8Array(65),
      uri: "a\nb",
      sourceComponent: 1,
      invokeArgs: hexToBytes("6869"),
      fetchArguments: new Uint8Array(),
      encryptionInfo: hexToBytes("d860"),
      updatePriority: -2n,
      version: { comparison: "greater-or-equal", version: [1, 2, -1, 3] },
    };
    const sequence = { commands: [{ kind: "override-parameters", parameters } as const] };
    const lines = told({
      commands: [
        { kind: "set-component-index", index: 0 },
        { kind: "run-sequence", sequence },
      ],
    });
    expect(lines).toEqual([
      '  from here on: component 0, "app/1" (617070/31)',
      "  run these commands",
      "    set",
      "      vendor identifier: private enterprise number, encoded d87041ab",
      "      class identifier: 00112233-4455-6677-8899-aabbccddeeff",
      "      device identifier: ff112233-4455-6677-8899-aabbccddeeff",
      `      image digest: sha-512 ${"ab".repeat(64)}`,
      "      image size: 12 bytes",
      "      use before: 2027-01-15T08:00:00Z (1800000000 seconds since 1970)",
      "      slot: 1",
      "      order: the commands that follow may be reordered",
      "      on a failed condition: end only this sequence",
      `      content: 65 bytes, ${"00".repeat(64)} ...`,
      '      uri: "a\\nb"',
      "      source: component 1, 00",
      '      arguments of invoke: 2 bytes, 6869 = "hi"',
      "      arguments of fetch: 0 bytes",
      "      encryption: not understood, 2 bytes, d860",
      "      priority: -2 (smaller is more urgent)",
      "      version: at least 1.2-rc.3",
    ]);
  });

  test("tells every kind of command", () => {
    const abort = { commands: [{ kind: "condition", condition: "abort", policy: 0 }] } as const;
    const lines = told({
      commands: [
        { kind: "set-component-index", index: "all" },
        { kind: "set-component-index", index: [1, 7] },
        { kind: "try-each", sequences: [abort, abort], orNil: true },
        { kind: "try-each", sequences: [abort, abort], orNil: false },
        { kind: "directive", directive: "swap", policy: 5 },
      ],
    });
    expect(lines).toEqual([
      "  from here on: every component in turn",
      "  from here on: component 1, 00; component 7, which is not in the list",
      ...["if all stop: go on", "if all stop: fail"].flatMap((end) => [
        "  try in this order, up to the first that does not stop",
        "    choice 1",
        "      stop",
        "    choice 2",
        "      stop",
        `    ${end}`,
      ]),
      "  swap the component with the source component  (reported: success, system information on success)",
    ]);
  });

  test("says of severed members whether they are at hand, and quotes text by language", () => {
    const { manifest, severed } = severMembers(
      draftExamples[2] as ManifestInput,
      ["install", "text"],
      "sha-256",
      nodeCrypto,
    );
    const text = parseText(encloseBytes(severed.get("text") ?? new Uint8Array()));
    const lines = describeManifest(parsed(manifest), text.ok ? { text: text.value } : {});
    expect(lines).toContain('reference uri: "https://git.io/JJYoj"');
    expect(lines).toContain(
      "install: not at hand, sha-256 cfa90c5c58595e7f5119a72f803fd0370b3e6abbec6315cd38f63135281bc498",
    );
    expect(lines).toContain(
      "text: beside the manifest, sha-256 302196d452bce5e8bfeaf71e395645ede6d365e63507a081379721eeecf00007",
    );
    expect(lines).not.toContain("to install");
    expect(lines.slice(lines.indexOf("text, for display only"))).toEqual([
      "text, for display only",
      "  in en-US",
      expect.stringMatching(/^ {4}manifest description: "## Example 2: .*\\n\\n.*" and 13 more characters$/),
      "    component 00",
      '      vendor domain: "arm.com"',
      '      description: "This component is a demonstration. The digest is a sample pattern, not a real one."',
    ]);
  });

  test("never breaks a line or throws, whatever the manifest holds", () => {
    const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
    fc.assert(
      fc.property(manifestArbitrary, (manifest) => {
        for (const line of describeManifest(parsed(manifest))) expect(line).not.toMatch(control);
      }),
      { numRuns: 100 },
    );
  });
});
