import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { DescriptionRefusal } from "./description-reader.ts";
import { parseRecipientProfile, recipientProfileKeys } from "./recipient-profile.ts";

const parse = (text: string) => parseRecipientProfile(new TextEncoder().encode(text));
const example = (name: string) => {
  const parsed = parseRecipientProfile(
    new Uint8Array(readFileSync(new URL(`../profiles/${name}.yaml`, import.meta.url))),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
};

describe("parseRecipientProfile", () => {
  test("a name is enough: nothing is limited", () => {
    expect(parse("recipient: any\n")).toEqual({ ok: true, value: { name: "any", limits: {}, supports: {} } });
  });

  test("reads every key", () => {
    const text = `recipient: all
limits: {envelopeBytes: 4 KiB, manifestBytes: 1 KiB, uriBytes: 100, invokeArgsBytes: 8,
  components: 3, dependencies: 0, commands: 5, sequenceItems: 20, depth: 4}
supports:
  manifestMembers: [common, components]
  conditions: [image-match]
  directives: [fetch]
  parameters: [uri]
  digests: [sha-384]
  signatures: [ML-DSA-87]
  extensions: []
components: [{id: [a, b], maxSize: 1}]
`;
    expect(parse(text)).toEqual({
      ok: true,
      value: {
        name: "all",
        limits: {
          envelopeBytes: 4096n,
          manifestBytes: 1024n,
          uriBytes: 100n,
          invokeArgsBytes: 8n,
          components: 3n,
          dependencies: 0n,
          commands: 5n,
          sequenceItems: 20n,
          depth: 4n,
        },
        supports: {
          "manifest-member": ["common", "components"],
          condition: ["image-match"],
          directive: ["fetch"],
          parameter: ["uri"],
          digest: ["sha-384"],
          signature: ["ML-DSA-87"],
          extension: [],
        },
        components: [{ id: ["a", "b"], maxSize: 1n }],
      },
    });
    for (const key of recipientProfileKeys) expect(text).toContain(`${key.split(".").at(-1)}:`);
  });

  test("the examples", () => {
    expect(example("minimal-recipient")).toMatchObject({
      limits: { components: 1n, depth: 4n },
      supports: { condition: ["vendor-identifier", "class-identifier", "image-match"], extension: [] },
      components: [{ id: ["firmware"], maxSize: 262144n }],
    });
    expect(example("libcsuit")).toMatchObject({
      limits: { components: 3n, dependencies: 1n, sequenceItems: 20n, uriBytes: 256n, invokeArgsBytes: 64n },
      supports: { digest: ["sha-256"] },
    });
  });

  test.each<[string, string, Omit<DescriptionRefusal, "line" | "column"> & Record<string, unknown>, string]>([
    ["no name", "limits: {}\n", { code: "description-missing-key", field: "recipient" }, "1:1"],
    [
      "a limit that does not exist",
      "recipient: a\nlimits:\n  component: 1\n",
      {
        code: "description-unknown-key",
        field: "limits.component",
        known: expect.arrayContaining(["components"]),
        suggestion: "components",
      },
      "3:3",
    ],
    [
      "a count that is a size",
      "recipient: a\nlimits:\n  commands: 1 KiB\n",
      { code: "description-wrong-type", field: "limits.commands", expected: "number", found: "text" },
      "3:13",
    ],
    [
      "a negative count",
      "recipient: a\nlimits: {depth: -1}\n",
      { code: "description-bad-value", field: "limits.depth", flaw: "number-out-of-range" },
      "2:17",
    ],
    [
      "half a component",
      "recipient: a\nlimits: {components: 1.5}\n",
      { code: "description-bad-value", field: "limits.components", flaw: "number-out-of-range" },
      "2:22",
    ],
    [
      "a condition that does not exist",
      "recipient: a\nsupports:\n  conditions: [image-match, vendor-id]\n",
      {
        code: "description-bad-value",
        field: "supports.conditions.1",
        flaw: "not-a-name",
        known: expect.arrayContaining(["vendor-identifier"]),
      },
      "3:29",
    ],
    [
      "a text for a list",
      "recipient: a\nsupports: {digests: sha-256}\n",
      { code: "description-wrong-type", field: "supports.digests", expected: "list", found: "text" },
      "2:21",
    ],
    [
      "no component",
      "recipient: a\ncomponents: []\n",
      { code: "description-bad-value", field: "components", flaw: "empty-list" },
      "2:13",
    ],
    [
      "a component without size",
      "recipient: a\ncomponents: [{id: [a]}]\n",
      { code: "description-missing-key", field: "components.0.maxSize" },
      "2:14",
    ],
    ["a list", "- a\n", { code: "description-wrong-type", field: "", expected: "map", found: "list" }, "1:1"],
  ])("refuses %s", (_, text, error, place) => {
    const [line, column] = place.split(":").map(Number);
    expect(parse(text)).toEqual({ ok: false, error: { ...error, line, column } });
  });

  test.each([
    ["nothing", "", { code: "description-empty" }],
    ["brackets by the thousand", "[{".repeat(4900), { code: "description-too-deep", limit: 32, line: 1, column: 33 }],
    ["64 KiB and a byte", "#".repeat(65537), { code: "description-too-large", size: 65537, limit: 65536 }],
  ])("refuses %s", (_, text, error) => {
    expect(parse(text)).toEqual({ ok: false, error });
  });
});
