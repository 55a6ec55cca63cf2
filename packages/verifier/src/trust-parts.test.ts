import { nodeCrypto } from "@sumac/crypto/node";
import { parseEnvelope } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { addressedComponents } from "./addressed-components.ts";
import { authenticate } from "./authenticate.ts";
import { firmware, image, release, roleOf, signedBy, testKey } from "./signed-release.test.support.ts";
import {
  bootTrust,
  checkOwnerPart,
  releaseTrust,
  rootTrust,
  type TrustParts,
  trustComponents,
  trustPartOf,
} from "./trust-parts.ts";
import {
  checkTrustRecord,
  parseTrustRecord,
  type Role,
  serializeTrustRecord,
  type TrustPart,
  type TrustRecord,
} from "./trust-record.ts";
import { verifyEnvelope } from "./verify-envelope.ts";

const [vendor, root, plant, plantRoot] = [
  testKey("ed25519"),
  testKey("ed25519"),
  testKey("ed25519"),
  testKey("ed25519"),
];
const mlDsa = testKey("ml-dsa-65");
const record = (...roles: Role[]): TrustRecord => ({ roles, legacyAlgorithms: [] });
const releaseRole = roleOf("release", [vendor]);
const rootRole = roleOf("root", [root], { purpose: "root" });
const plantRole = roleOf("plant", [plant], { purpose: "approval" });
const plantRootRole = roleOf("plant-root", [plantRoot], { purpose: "root" });
const vendorPart = record(releaseRole, rootRole);
const ownerPart = record(plantRole, plantRootRole);
const parts: TrustParts = { vendor: vendorPart, owner: ownerPart };

describe("EDR 3.13: what an owner's part may say", () => {
  test.each<[string, TrustPart, TrustRecord, string]>([
    ["a release role", "owner", record(releaseRole, plantRootRole), "trust-owner-release-role"],
    ["no root role", "owner", record(plantRole), "trust-no-root-role"],
    ["nothing at all", "owner", record(), "trust-no-root-role"],
    ["a root role without keys", "owner", record(plantRole, { ...plantRootRole, keys: [] }), "trust-threshold"],
    ["a vendor's part with roots only", "vendor", record(rootRole), "trust-no-release-role"],
    [
      "a hybrid root role without ML-DSA keys",
      "owner",
      { ...record(plantRole, plantRootRole), profile: "hybrid" },
      "trust-threshold",
    ],
  ])("refused: %s", (_name, part, refused, code) => {
    expect(checkTrustRecord(refused, part)).toMatchObject({ ok: false, error: { code } });
    expect(parseTrustRecord(serializeTrustRecord(refused), nodeCrypto, part)).toMatchObject({
      ok: false,
      error: { code },
    });
  });

  test("it survives its encoding, and is no vendor's part", () => {
    const bytes = serializeTrustRecord(ownerPart);
    expect(parseTrustRecord(bytes, nodeCrypto, "owner")).toEqual({
      ok: true,
      value: { profile: "classic", ...ownerPart },
    });
    expect(parseTrustRecord(bytes, nodeCrypto)).toMatchObject({ ok: false, error: { code: "trust-no-release-role" } });
  });

  test.each<[string, TrustRecord, TrustRecord, object]>([
    [
      "a role of the vendor's name",
      record({ ...plantRole, name: "release" }, plantRootRole),
      vendorPart,
      { code: "trust-duplicate-role", role: "release" },
    ],
    [
      "a release key as its approval",
      record(roleOf("plant", [vendor], { purpose: "approval" }), plantRootRole),
      vendorPart,
      { code: "trust-key-in-both-parts", role: "plant" },
    ],
    [
      "a vendor's root as its root",
      record(plantRole, roleOf("plant-root", [root], { purpose: "root" })),
      vendorPart,
      { code: "trust-key-in-both-parts", role: "plant-root" },
    ],
    [
      "approval keys that the vendor's profile never counts",
      {
        ...record(
          roleOf("plant", [mlDsa], { purpose: "approval" }),
          roleOf("plant-root", [mlDsa, plantRoot], { purpose: "root" }),
        ),
        profile: "hybrid",
      },
      vendorPart,
      { code: "trust-key-not-in-profile", role: "plant", profile: "classic" },
    ],
  ])("refused beside the vendor's: %s", (_name, owner, beside, error) => {
    expect(checkTrustRecord(owner, "owner").ok).toBe(true);
    expect(checkOwnerPart(owner, beside)).toMatchObject({ ok: false, error });
  });

  test("root keys of its own profile go with any vendor's", () => {
    const hybrid = {
      ...record(plantRole, roleOf("plant-root", [mlDsa, plantRoot], { purpose: "root" })),
      profile: "hybrid",
    } as const;
    expect(checkOwnerPart(hybrid, vendorPart)).toEqual({ ok: true, value: hybrid });
  });
});

describe("which roles count for what", () => {
  const names = ({ roles }: TrustRecord): string[] => roles.map(({ name }) => name);

  test("EDR 3.13: releases: the vendor's release roles and everybody's approvals, no root", () => {
    const both = { vendor: record(rootRole, plantRole, releaseRole), owner: ownerPart };
    expect(names(releaseTrust(both))).toEqual(["release", "plant", "plant"]);
    expect(names(releaseTrust({ vendor: vendorPart }))).toEqual(["release"]);
    expect(
      releaseTrust({ vendor: { ...vendorPart, profile: "hybrid", legacyAlgorithms: [-7] }, owner: ownerPart }),
    ).toMatchObject({ profile: "hybrid", legacyAlgorithms: [-7] });
  });

  test("EDR 3.13: a release role that got into an owner's part by whatever way still counts for nothing", () => {
    expect(names(releaseTrust({ vendor: vendorPart, owner: record(roleOf("sly", [plant]), plantRole) }))).toEqual([
      "release",
      "plant",
    ]);
    expect(names(bootTrust({ vendor: vendorPart, owner: record(roleOf("sly", [plant])) }))).toEqual(["release"]);
  });

  test("boots: release roles alone", () => {
    expect(names(bootTrust({ vendor: record(releaseRole, plantRole, rootRole), owner: ownerPart }))).toEqual([
      "release",
    ]);
  });

  test("EDR 3.12: trust updates: the roots of that part, for that component alone", () => {
    const of = (part: TrustPart) => rootTrust(part === "vendor" ? vendorPart : ownerPart, part);
    expect(of("vendor")).toMatchObject({ ok: true, value: { roles: [{ name: "root", purpose: "release" }] } });
    expect(of("owner")).toMatchObject({
      ok: true,
      value: { roles: [{ name: "plant-root", components: [trustComponents.owner] }] },
    });
    expect(rootTrust(record(releaseRole), "vendor")).toEqual({ ok: false, error: { code: "trust-no-root-role" } });
  });

  test("the two parts are two components", () => {
    expect(trustPartOf(trustComponents.vendor)).toBe("vendor");
    expect(trustPartOf(trustComponents.owner)).toBe("owner");
    for (const other of [firmware, [], trustComponents.vendor.slice(0, 1), [...trustComponents.vendor, ...firmware]]) {
      expect(trustPartOf(other)).toBeUndefined();
    }
  });
});

describe("CR 1.9: a key counts in its role only", () => {
  const opened = (bytes: Uint8Array) => {
    const envelope = parseEnvelope(bytes);
    if (!envelope.ok) throw new Error(envelope.error.code);
    return envelope.value;
  };

  test.each<[string, TrustRecord, string]>([
    ["in the whole record", vendorPart, "signer-unknown"],
    ["in the record for releases", releaseTrust(parts), "signer-unknown"],
  ])("CR 1.9: wrong role: a root key signs no release, %s", (_name, trust, code) => {
    const signed = release(signedBy(root));
    expect(authenticate(opened(signed), trust, nodeCrypto)).toMatchObject({ ok: false, error: { code } });
    expect(
      verifyEnvelope(signed, {
        crypto: nodeCrypto,
        trust,
        recipient: { vendorIds: "any", classIds: "any", components: "any" },
        installed: { floor: 0n },
      }),
    ).toMatchObject({ ok: false, error: { code } });
  });

  test("nor is it named among the signers of one", () => {
    const answer = authenticate(opened(release(signedBy(root, vendor))), vendorPart, nodeCrypto);
    expect(answer.ok && answer.value.signers.map(({ roles }) => roles)).toEqual([["release"]]);
  });
});

describe("addressedComponents", () => {
  const records = [vendorPart, ownerPart];
  const ask = (bytes: Uint8Array) => addressedComponents(bytes, { crypto: nodeCrypto, records });

  test("answers for whatever key of whichever part has signed", () => {
    for (const key of [vendor, root, plant, plantRoot])
      expect(ask(release(signedBy(key)))).toEqual({ ok: true, value: [firmware] });
  });

  test("looks into nothing that no known key has signed", () => {
    expect(ask(release(signedBy(testKey("ed25519"))))).toBeUndefined();
    expect(ask(release(() => []))).toBeUndefined();
  });

  test("what cannot be anybody's is refused, once a known key has signed it", () => {
    expect(ask(image)).toMatchObject({ ok: false, error: { code: "malformed" } });
    const bytes = release(signedBy(vendor));
    const at = Buffer.from(bytes).lastIndexOf("a.bin");
    expect(ask(bytes.with(at, 0x62))).toMatchObject({ ok: false, error: { code: "manifest-digest-mismatch" } });
  });
});
