import { existsSync, readdirSync, readFileSync } from "node:fs";
import { nodeCrypto } from "@sumac/crypto/node";
import { digestOf, encloseBytes, encodeDigest, manifestDigest, serializeSequence } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import type { Finding } from "./finding.ts";
import {
  at,
  type Changes,
  classId,
  component,
  findingsIn,
  good,
  imageName,
  inline,
  install,
  lint,
  override,
  runSequence,
  shared,
  text,
  tryEach,
  vendorId,
  without,
} from "./lint.test.support.ts";
import { lintRelease } from "./lint.ts";
import { buildContext, commands, enclose } from "./release.test.support.ts";

describe("lintRelease", () => {
  test("has nothing to say about a good manifest", () => {
    expect(lint({})).toEqual([]);
  });

  const both = ["vendor-identifier", "class-identifier"];
  test.each<[string, Changes, readonly (Partial<Finding> & { code: string })[]]>([
    [
      "no vendor condition",
      { shared: commands(override(shared), "class-identifier") },
      [{ severity: "error", code: "identity-condition-missing", condition: "vendor-identifier" }],
    ],
    [
      "no class condition",
      { shared: commands(override(shared), "vendor-identifier") },
      [{ severity: "error", code: "identity-condition-missing", condition: "class-identifier" }],
    ],
    [
      "no shared sequence",
      {
        shared: undefined,
        ...install(override({ ...shared, uri: imageName }), "fetch", "image-match"),
        validate: undefined,
      },
      [
        { code: "identity-condition-missing", condition: "vendor-identifier" },
        { code: "identity-condition-missing", condition: "class-identifier" },
        { code: "validate-missing" },
      ],
    ],
    [
      "identity in one branch only",
      {
        shared: commands(
          override(shared),
          tryEach(both, ["component-slot"]),
          "vendor-identifier",
          override({ componentSlot: 1n }),
        ),
      },
      [
        { code: "identity-condition-missing", condition: "class-identifier" },
        { code: "parameter-missing", command: "component-slot", parameter: "component-slot" },
      ],
    ],
    ["identity in a nested sequence", { shared: commands(override(shared), runSequence(...both)) }, []],
    [
      "a vendor condition without its parameter",
      { shared: commands(override(without("vendorIdentifier")), ...both) },
      [{ severity: "error", code: "parameter-missing", command: "vendor-identifier", parameter: "vendor-identifier" }],
    ],
    [
      "a digest without size",
      { shared: commands(override(without("imageSize")), ...both) },
      [{ severity: "warning", code: "image-size-missing" }],
    ],
    [
      "an image-match without digest",
      { shared: commands(override({ vendorIdentifier: vendorId, classIdentifier: classId }), ...both) },
      [
        { code: "parameter-missing", command: "image-match", parameter: "image-digest" },
        { code: "parameter-missing", command: "image-match", parameter: "image-digest" },
      ],
    ],
    [
      "a fetch without URI",
      install("fetch", "image-match"),
      [{ severity: "error", code: "parameter-missing", command: "fetch", parameter: "uri" }],
    ],
    [
      "a fetch that nothing matches",
      { ...install(override({ uri: imageName }), "fetch"), validate: undefined },
      [
        { severity: "warning", code: "validate-missing" },
        { severity: "error", code: "image-match-missing", directive: "fetch" },
      ],
    ],
    [
      "a write that nothing matches",
      { ...install(override({ content: Uint8Array.of(1) }), "write"), validate: commands("vendor-identifier") },
      [
        { severity: "warning", code: "validate-without-image-match" },
        { severity: "error", code: "image-match-missing", directive: "write" },
      ],
    ],
    [
      "an image-match before the fetch only",
      { ...install("image-match", override({ uri: imageName }), "fetch"), validate: undefined },
      [{ code: "validate-missing" }, { code: "image-match-missing" }],
    ],
    ["an image-match in validate only", install(override({ uri: imageName }), "fetch"), []],
    [
      "a fetch matched in one branch only",
      {
        ...install(override({ uri: imageName }), "fetch", tryEach(["image-match"], ["vendor-identifier"])),
        validate: undefined,
      },
      [{ code: "validate-missing" }, { code: "image-match-missing" }],
    ],
    [
      "URIs of two branches, one of them immutable",
      install(
        tryEach(
          [override({ uri: imageName }), "image-match"],
          [override({ uri: "http://a.example/b" }), "image-match"],
        ),
        "fetch",
        "image-match",
      ),
      [{ severity: "warning", code: "uri-not-immutable", uri: "http://a.example/b" }],
    ],
    ["a payload inside", install(override({ uri: "#firmware" }), "fetch", "image-match"), []],
    [
      "a URI with the digest in capitals",
      install(override({ uri: imageName.toUpperCase() }), "fetch", "image-match"),
      [],
    ],
    [
      "a URI without the digest",
      install(override({ uri: "firmware.bin" }), "fetch", "image-match"),
      [{ severity: "warning", code: "uri-not-immutable", uri: "firmware.bin" }],
    ],
    ["no validate", { validate: undefined }, [{ severity: "warning", code: "validate-missing" }]],
    ["no reference URI", { referenceUri: undefined }, [{ severity: "notice", code: "reference-uri-missing" }]],
    [
      "a long text inside",
      { text: text({ modelName: "a".repeat(40) }) },
      [{ severity: "warning", code: "text-not-severed", size: 52 }],
    ],
    ["a short text inside", { text: text({ modelName: "a" }) }, []],
    [
      "a text about another component",
      { text: text({ modelName: "a" }, [Uint8Array.of(9)]) },
      [{ severity: "warning", code: "text-component-unknown", component: "09" }],
    ],
    [
      "a random UUID of version 1",
      { shared: commands(override({ ...shared, vendorIdentifier: vendorId.with(6, 0x1d) }), ...both) },
      [{ severity: "warning", code: "uuid-version", parameter: "vendor-identifier", version: 1 }],
    ],
  ])("%s", (_, changes, findings) => {
    const found = lint(changes);
    expect(found.map(({ code }) => code)).toEqual(findings.map(({ code }) => code));
    expect(found).toMatchObject(findings);
  });

  test("several components are followed each for itself", () => {
    const two = {
      components: [component, [Uint8Array.of(1)]],
      shared: commands(at("all"), override(shared), "vendor-identifier", "class-identifier"),
      validate: commands(at([0, 1]), "image-match"),
      invoke: commands(at(0), "invoke"),
    };
    const fetch = [override({ uri: imageName }), "fetch"];
    const both = inline(commands(at(0), ...fetch, at(1), ...fetch, at("all"), "image-match"));
    expect(lint({ ...two, install: both })).toEqual([]);
    const one = inline(commands(at(0), ...fetch, at(1), ...fetch));
    const found = lint({ ...two, install: one, validate: commands(at(0), "image-match") });
    expect(found).toMatchObject([{ code: "image-match-missing" }]);
  });

  test("severed members: too short, and absent", () => {
    const content = serializeSequence(commands(override({ uri: "#a" }), "fetch", "image-match"));
    const severed = { at: "envelope", digest: manifestDigest(encloseBytes(content), "sha-256", nodeCrypto) } as const;
    const changes = { install: severed };
    expect(lint(changes, { severed: new Map([["install", content]]) })).toMatchObject([
      { severity: "notice", code: "severed-without-gain", member: "install", size: content.length },
    ]);
    expect(lint(changes)).toMatchObject([{ severity: "notice", code: "member-absent", member: "install" }]);
  });

  test("points into the file", () => {
    const envelope = enclose({ ...good, ...install(override({ uri: "firmware.bin" }), "fetch", "image-match") });
    const offset = findingsIn(envelope)[0]?.offset ?? 0;
    // The command code 20 and its map of one parameter, number 21.
    expect([...envelope.subarray(offset, offset + 3)]).toEqual([20, 0xa1, 21]);
  });

  test("refuses an envelope that contradicts itself", () => {
    const digestElement = encodeDigest(digestOf(nodeCrypto, "sha-256", Uint8Array.of(0)));
    expect(lintRelease(enclose(good, { digestElement }), buildContext)).toMatchObject({
      ok: false,
      error: { code: "manifest-digest-mismatch" },
    });
  });
});

const vectors = new URL("../../../../shared/vectors/suit/draft-37/", import.meta.url);
const hasVectors = existsSync(vectors);
if (!hasVectors) console.warn("skipped: the vectors of draft-ietf-suit-manifest-37 are not here");

describe.skipIf(!hasVectors)("published envelopes", () => {
  const names = hasVectors ? readdirSync(vectors).filter((name) => name.endsWith(".cbor")) : [];

  test("there are 13", () => {
    expect(names).toHaveLength(13);
  });

  test.each(names)("%s has no error, and the deprecated algorithm exactly where it is signed", (name) => {
    const found = findingsIn(new Uint8Array(readFileSync(new URL(name, vectors))));
    expect(found.filter(({ severity }) => severity === "error")).toEqual([]);
    const isSigned = !name.includes("unsigned");
    expect(found.some(({ code }) => code === "legacy-algorithm")).toBe(isSigned);
  });

  test("example 4 sets a digest without a size in payload-fetch", () => {
    const file = new Uint8Array(readFileSync(new URL("example4.unsigned.cbor", vectors)));
    expect(findingsIn(file)).toContainEqual({ severity: "warning", code: "image-size-missing", offset: 239, index: 1 });
  });
});
