import { encode, Tagged } from "@sumac/cbor";
import { hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { commands, craftManifest, digestElement, map } from "./crafted-envelope.test.support.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { addAuthenticationBlock, buildEnvelope, serializeEnvelope } from "./serialize-envelope.ts";

const block = (fill: number) =>
  encode(
    new Tagged(18, [encode(map([[1, -19]])), map([[4, Uint8Array.of(fill)]]), null, new Uint8Array(64).fill(fill)]),
  );

const parts = {
  digestElement,
  blocks: [block(1)],
  manifestBytes: craftManifest(),
  severed: new Map([
    ["text", hexToBytes("a0")],
    ["install", commands(3, 15)],
  ] as const),
  integratedPayloads: new Map([
    ["#image", Uint8Array.of(1, 2, 3)],
    ["#a", new Uint8Array()],
  ]),
};

describe("an envelope built from parts", () => {
  const file = buildEnvelope(parts);
  const parsed = parseEnvelope(file);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const envelope = parsed.value;

  test("holds them all, in the order of the wire", () => {
    expect(envelope.digestElement).toEqual(digestElement);
    expect(envelope.blocks).toMatchObject([{ kind: "sign1", encoded: block(1) }]);
    expect(envelope.manifest.content).toEqual(parts.manifestBytes);
    expect(envelope.manifest.encoded).toEqual(encode(parts.manifestBytes));
    expect([...envelope.severed.keys()]).toEqual(["install", "text"]);
    expect([...envelope.integratedPayloads]).toEqual([
      ["#a", new Uint8Array()],
      ["#image", Uint8Array.of(1, 2, 3)],
    ]);
  });

  test("is written again byte for byte", () => {
    expect(serializeEnvelope(envelope)).toEqual(file);
  });

  test("takes another block behind the first, and changes nothing else", () => {
    const countersigned = parseEnvelope(addAuthenticationBlock(envelope, block(2)));
    if (!countersigned.ok) throw new Error(JSON.stringify(countersigned.error));
    expect(countersigned.value.blocks.map(({ encoded }) => encoded)).toEqual([block(1), block(2)]);
    expect(countersigned.value.manifest.encoded).toEqual(envelope.manifest.encoded);
    expect(countersigned.value.digestElement).toEqual(digestElement);
    expect(countersigned.value.integratedPayloads).toEqual(envelope.integratedPayloads);
  });
});
