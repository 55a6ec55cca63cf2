import { readFileSync } from "node:fs";
import path from "node:path";
import { parsePublicKeyPem } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import { type TrustRecord, trustKey, type VerifyContext, verifyEnvelope } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { sharedVectors } from "../support/shared-vectors.ts";

interface Vector {
  readonly file: string;
  readonly signed: boolean;
  readonly alg: number | null;
  readonly keyFile: string | null;
  readonly expect: { readonly verdict: "accept" | "reject" };
  readonly sequenceNumber: number;
  readonly manifestDigest: { readonly hex: string };
}

const { folder, absent } = sharedVectors("suit");
const index = absent ? [] : (JSON.parse(readFileSync(path.join(folder, "INDEX.json"), "utf8")).envelopes as Vector[]);
const vectors = index.filter(({ file }) => /^(draft-37|libcsuit)\//.test(file));

function context(keyFile: string, legacyAlgorithms: number[]): VerifyContext {
  const key = parsePublicKeyPem(readFileSync(path.join(folder, keyFile), "utf8"));
  if (!key.ok) throw new Error(key.error.code);
  const keys = [trustKey(key.value, nodeCrypto)];
  const trust: TrustRecord = {
    roles: [{ name: "release", purpose: "release", threshold: 1, keys, components: "any" }],
    legacyAlgorithms,
  };
  return {
    crypto: nodeCrypto,
    trust,
    recipient: { vendorIds: "any", classIds: "any", components: "any" },
    installed: { floor: 0n },
    absentMembers: "leave-out",
  };
}

describe.skipIf(absent)("the published envelopes through the whole verifier", () => {
  test("are all there", () => {
    expect(vectors.filter(({ file }) => file.startsWith("draft-37/"))).toHaveLength(13);
    expect(vectors.filter(({ file, signed }) => file.startsWith("draft-37/") && signed)).toHaveLength(7);
  });

  for (const vector of vectors) {
    const bytes = absent ? new Uint8Array() : new Uint8Array(readFileSync(path.join(folder, vector.file)));
    if (!vector.signed || vector.keyFile === null) {
      test(`${vector.file} is unsigned, and refused`, () => {
        expect(verifyEnvelope(bytes, context("draft-37/key.public.pem", [-7]))).toMatchObject({
          ok: false,
          error: { code: "threshold-not-met", have: 0, need: 1 },
        });
      });
      continue;
    }
    const { keyFile } = vector;
    test.each([nodeCrypto, nobleCrypto])(`${vector.file} is accepted`, (crypto) => {
      const verdict = verifyEnvelope(bytes, { ...context(keyFile, [-7]), crypto });
      expect(verdict).toMatchObject({
        ok: true,
        value: { manifest: { sequenceNumber: BigInt(vector.sequenceNumber) } },
      });
      expect(verdict.ok && bytesToHex(verdict.value.manifestDigest.bytes)).toBe(vector.manifestDigest.hex);
    });
    test(`${vector.file} flipped anywhere or cut anywhere is refused`, { timeout: 60_000 }, () => {
      const trusted = context(keyFile, [-7]);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
        if (verifyEnvelope(flipped, trusted).ok) throw new Error(`bit ${bit} does not matter`);
      }
      for (let length = 0; length < bytes.length; length++) {
        if (verifyEnvelope(bytes.subarray(0, length), trusted).ok) throw new Error(`${length} bytes are enough`);
      }
    });
    if (vector.alg === -7) {
      test(`${vector.file} uses a legacy algorithm id, refused unless the trust record allows it`, () => {
        expect(verifyEnvelope(bytes, context(keyFile, []))).toMatchObject({
          ok: false,
          error: { code: "algorithm-not-allowed", algorithm: -7 },
        });
      });
    }
  }
});
