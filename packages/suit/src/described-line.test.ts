import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { commands, craftEnvelope, craftManifest } from "./crafted-envelope.test.support.ts";
import { describeEnvelope, envelopeLines } from "./describe-envelope.ts";
import { describeManifest, manifestLines } from "./describe-manifest.ts";
import type { DescribedLine } from "./described-line.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { parseManifest } from "./parse-manifest.ts";
import { publishedEnvelopes, vectorBytes, vectorsAbsent } from "./published-vectors.test.support.ts";
import { resolveSeverable } from "./resolve-severable.ts";

function read(file: Uint8Array) {
  const envelope = parseEnvelope(file);
  const manifest = envelope.ok ? parseManifest(envelope.value.manifest) : envelope;
  if (!envelope.ok || !manifest.ok) throw new Error("must parse");
  const members = resolveSeverable(envelope.value, manifest.value, nodeCrypto);
  return { envelope: envelope.value, manifest: manifest.value, members: members.ok ? members.value : {} };
}

test("offsets, lengths and first bytes stand before the words, and nothing else changes", () => {
  const file = craftEnvelope({
    3: craftManifest({ 4: "https://a/b", 7: commands(15, [commands(14, 0), commands(3, 15)]) }),
  });
  const { envelope, manifest } = read(file);
  const shown = describeManifest(manifest, {}, { offsets: "shown" });
  expect(shown.map((text) => text.slice(30))).toEqual(describeManifest(manifest));
  expect(shown).toEqual([
    "   49 +2      0101            manifest version: 1",
    "   51 +2      0207            sequence number: 7",
    '   56 +5      0281814161      component 0: "a" (61)',
    '   66 +13     046b68747470..  reference uri: "https://a/b"',
    "   63 +3      82010f          before each of the steps below",
    "   64 +2      010f              stop unless the device is of the vendor  (reported)",
    "   81 +11     820f8243820e..  to validate, after the installation and at each start",
    "   82 +10     0f8243820e00..    try in this order, up to the first that does not stop",
    "   85 +3      820e00              choice 1",
    "   86 +2      0e00                  stop",
    "   89 +3      82030f              choice 2",
    "   90 +2      030f                  stop unless the component has the image digest  (reported)",
    "                                  if all stop: fail",
  ]);
  const { contentOffset, encoded } = envelope.manifest;
  const [, , size] = describeEnvelope(envelope, { offsets: "shown" });
  const start = `${contentOffset - 2} +${encoded.length}     ${bytesToHex(encoded.subarray(0, 6))}..  `;
  expect(size).toMatch(`${start}manifest: `);
});

describe.skipIf(vectorsAbsent)("every described line", () => {
  for (const { file: name } of publishedEnvelopes("draft-37")) {
    test(`${name}: carries the bytes that stand at its offset`, () => {
      const file = vectorBytes(name);
      const { envelope, manifest, members } = read(file);
      const lines: readonly DescribedLine[] = [...envelopeLines(envelope), ...manifestLines(manifest, members)];
      const commandLines = lines.filter(({ text }) => /^(stop|fetch|set|from here on|copy|start)/.test(text));
      expect(commandLines.length).toBeGreaterThan(3);
      for (const { received } of commandLines) expect(received).toBeDefined();
      const spoken = lines.filter(({ text }) =>
        /^(image digest|image size|uri|vendor|class|in |description): /.test(text),
      );
      for (const { received } of spoken) expect(received).toBeDefined();
      for (const { received } of lines) {
        if (received === undefined) continue;
        const { offset, encoded } = received;
        expect(bytesToHex(file.subarray(offset, offset + encoded.length))).toBe(bytesToHex(encoded));
      }
    });
  }
});
