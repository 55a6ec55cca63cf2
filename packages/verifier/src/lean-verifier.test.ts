/** The verifier without its parts: the same answers for the core, and a refusal for whatever needs a part. */
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  type CommandInput,
  coreLimits,
  encloseBytes,
  encodeDigest,
  type Limits,
  type ManifestInput,
  manifestDigest,
  serializeManifest,
  trustDomains12,
  updateManagement14,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
import * as dependent from "./dependencies.test.support.ts";
import { verifyEnvelope as verifyLean } from "./lean-verifier.ts";
import {
  classId,
  firmware,
  image,
  release,
  roleOf,
  signedBy,
  testKey,
  vendorId,
} from "./signed-release.test.support.ts";
import type { TrustRecord } from "./trust-record.ts";
import { type VerifyContext, verifyEnvelope } from "./verify-envelope.ts";

const key = testKey("ed25519");
const stranger = testKey("ed25519");
const trust: TrustRecord = { roles: [roleOf("release", [key])], legacyAlgorithms: [] };
const context: VerifyContext = {
  crypto: nodeCrypto,
  trust,
  recipient: { vendorIds: [vendorId], classIds: [classId], components: [{ id: firmware, maxSize: 1000n }] },
  installed: { floor: 5n },
};
const everything: Limits = { ...coreLimits, extensions: [trustDomains12, updateManagement14] };

describe("answers as the whole verifier does", () => {
  test.each<[string, Uint8Array, Partial<VerifyContext>]>([
    ["a release", release(signedBy(key)), {}],
    ["a release with a severed member", release(signedBy(key), { severed: "sha-256" }), {}],
    ["one by SHA-512", release(signedBy(key), { manifest: "sha-512", image: "sha-512" }), {}],
    ["a stranger's", release(signedBy(stranger)), {}],
    ["nobody's", release(() => []), {}],
    ["an old one", release(signedBy(key)), { installed: { floor: 8n } }],
    ["one for another class", release(signedBy(key)), { recipient: { ...context.recipient, classIds: [vendorId] } }],
    [
      "one beyond the slot",
      release(signedBy(key)),
      { recipient: { ...context.recipient, components: [{ id: firmware, maxSize: 13n }] } },
    ],
    ["one outside the window", release(signedBy(key)), { operations: { window: "closed", interlock: "clear" } }],
    ["one too large for its limits", release(signedBy(key)), { limits: { ...coreLimits, maxBytes: 100 } }],
  ])("%s", (_name, bytes, changes) => {
    const answer = verifyLean(bytes, { ...context, ...changes });
    expect(answer).toEqual(verifyEnvelope(bytes, { ...context, ...changes }));
  });

  test("accepting, not only refusing", () => {
    expect(verifyLean(release(signedBy(key)), context)).toMatchObject({ ok: true, value: { standing: "newer" } });
  });
});

describe("refuses what it carries no part for", () => {
  const check = (
    condition: "vendor-identifier" | "class-identifier" | "image-match" | "image-not-match",
  ): CommandInput => ({
    kind: "condition",
    condition,
    policy: 15,
  });
  const digest = { algorithm: "sha-256", bytes: new Uint8Array(32).fill(1) } as const;
  const unmatched: ManifestInput = {
    sequenceNumber: 7n,
    components: [firmware],
    shared: {
      commands: [
        {
          kind: "override-parameters",
          parameters: {
            vendorIdentifier: vendorId,
            classIdentifier: classId,
            imageDigest: digest,
            imageSize: BigInt(image.length),
          },
        },
        check("vendor-identifier"),
        check("class-identifier"),
      ],
    },
    validate: { commands: [check("image-not-match")] },
  };
  function signed(manifest: ManifestInput): Uint8Array {
    const manifestBytes = serializeManifest(manifest);
    const digestElement = encodeDigest(manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto));
    return buildEnvelope({ digestElement, blocks: signedBy(key)(digestElement), manifestBytes, severed: new Map() });
  }

  test("a condition of an extension, by its limits", () => {
    expect(verifyLean(signed(unmatched), context)).toMatchObject({ ok: false, error: { code: "unsupported" } });
  });

  test("the same where its limits let it through: nobody can judge it, so it does not hold", () => {
    const known: VerifyContext = {
      ...context,
      limits: everything,
      facts: { componentImage: () => ({ digest: { ...digest, bytes: new Uint8Array(32) } }) },
    };
    expect(verifyEnvelope(signed(unmatched), known)).toMatchObject({ ok: true });
    expect(verifyLean(signed(unmatched), known)).toMatchObject({
      ok: false,
      error: { code: "component-state-unknown", condition: "image-not-match" },
    });
  });

  test("a manifest with dependencies, by its limits", () => {
    const { limits: _limits, ...bounded } = dependent.context;
    expect(verifyLean(dependent.release(), bounded)).toMatchObject({ ok: false, error: { code: "unsupported" } });
  });

  test("the same where its limits let it through: no dependency is ever there", () => {
    const bytes = dependent.release();
    expect(verifyEnvelope(bytes, dependent.context)).toMatchObject({ ok: true });
    expect(verifyLean(bytes, dependent.context)).toMatchObject({
      ok: false,
      error: { code: "command-failed", command: "fetch", because: "no-dependency" },
    });
  });

  test("dependencies that no command touches, at their list", () => {
    const { gatewayKey, gatewayManifest } = dependent;
    const { dependencyResolution: _, validate: __, ...rest } = gatewayManifest();
    const { check: ask, inline, use } = dependent;
    const silent: ManifestInput = {
      ...rest,
      install: inline(use(0), ask("image-match")),
    };
    const { bytes } = dependent.envelopeOf(silent, [gatewayKey]);
    const answer = verifyLean(bytes, dependent.context);
    expect(answer).toMatchObject({
      ok: false,
      error: { code: "command-failed", command: "dependency-integrity", because: "dependency-unverified" },
    });
    // The place is the label 1 of the dependencies in common, with their map of one entry behind it.
    const { offset } = answer.ok || answer.error.code !== "command-failed" ? { offset: 0 } : answer.error;
    expect([...bytes.subarray(offset, offset + 3)]).toEqual([1, 0xa1, 1]);
  });

  test.each(["hybrid", "cnsa2"] as const)("a record of the profile %s, as a bug of the caller's", (profile) => {
    const bytes = release(signedBy(key));
    expect(() => verifyLean(bytes, { ...context, trust: { ...trust, profile } })).toThrow(
      new RangeError(`this verifier does not carry the profile ${profile}`),
    );
  });
});
