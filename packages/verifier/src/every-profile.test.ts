import type { DigestName } from "@sumac/crypto";
import { type Manifest, severableMembers } from "@sumac/suit";
import { expect, test } from "vitest";
import { profileRules } from "./every-profile.ts";

const bare: Manifest = { sequenceNumber: 1n, components: [], layout: [], encoded: new Uint8Array() };

test.each(severableMembers)("cnsa2 judges the digest of a severed %s", (name, key) => {
  const judge = (algorithm: DigestName) => {
    const severed = { at: "envelope", digest: { algorithm, bytes: new Uint8Array() } } as const;
    return profileRules.cnsa2.digests?.judgeManifest({ ...bare, [key]: severed }, {});
  };
  expect(judge("sha-256")).toEqual({ code: "digest-not-allowed", digest: "sha-256", of: name, profile: "cnsa2" });
  expect([judge("sha-384"), judge("sha-512")]).toEqual([undefined, undefined]);
});
