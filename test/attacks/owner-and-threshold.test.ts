import { buildEnvelope } from "@sumac/suit";
import {
  type Attack,
  describeAttacks,
  offered,
  role,
  sendEnvelope,
  sendRelease,
  signers,
} from "../support/attack-scene.ts";
import { signBlock, takeApart } from "../support/crafted-envelope.ts";
import { makeRelease } from "../support/example-product.ts";

const { vendor, owner, foreign } = signers;
const second = signers["vendor-p256"];
const newer = { version: "9.9.9", sequence: 99n, image: offered.image };

/** The offered envelope with other signatures. */
async function withBlocks(...blocks: readonly Promise<Uint8Array>[]): Promise<ReturnType<typeof sendEnvelope>> {
  return sendEnvelope(buildEnvelope({ ...takeApart(offered.envelope), blocks: await Promise.all(blocks) }));
}
const { digestElement } = takeApart(offered.envelope);

const plantAttacks: readonly Attack[] = [
  {
    threat: "T-UPD-UNAPPROVED",
    name: "the plant has not countersigned",
    send: async () => sendRelease(await makeRelease(newer, [vendor])),
    code: "not-approved",
    ends: "waiting",
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "somebody else has countersigned",
    send: async () => sendRelease(await makeRelease(newer, [vendor, foreign])),
    code: "not-approved",
    ends: "waiting",
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "another key of the plant has countersigned",
    send: async () => sendRelease(await makeRelease(newer, [vendor, signers["owner-p256"]])),
    code: "not-approved",
    ends: "waiting",
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "the plant's signature of another release",
    send: async () => {
      const approved = takeApart((await makeRelease({ ...newer, sequence: 98n }, [owner])).envelope);
      const parts = takeApart((await makeRelease(newer, [vendor])).envelope);
      return sendEnvelope(buildEnvelope({ ...parts, blocks: [...parts.blocks, ...approved.blocks] }));
    },
    code: "not-approved",
    ends: "waiting",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "the plant has signed what no vendor did",
    send: async () => sendRelease(await makeRelease(newer, [owner])),
    code: "threshold-not-met",
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "outside of the plant's window",
    send: () => ({}),
    conditions: { operations: { window: "closed", interlock: "clear" } },
    code: "outside-window",
    ends: "waiting",
  },
  {
    threat: "T-UPD-UNAPPROVED",
    name: "while the interlock is engaged",
    send: () => ({}),
    conditions: { operations: { window: "open", interlock: "engaged" } },
    code: "interlock",
    ends: "waiting",
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "replay of an approved release is a refusal, not a wait",
    send: async () => sendRelease(await makeRelease({ ...newer, sequence: 1n }, [vendor, owner])),
    conditions: { operations: { window: "closed", interlock: "engaged" } },
    code: "rollback",
  },
];

describeAttacks(
  "a plant that has to approve",
  {
    roles: [role("release", ["vendor"]), role("plant", ["owner"], { purpose: "approval", components: "any" })],
    legacyAlgorithms: [],
  },
  plantAttacks,
);

const thresholdAttacks: readonly Attack[] = [
  {
    threat: "T-KEY-EXPOSURE",
    name: "signed with one stolen key of two",
    send: async () => sendRelease(await makeRelease(newer, [vendor])),
    code: "threshold-not-met",
  },
  {
    threat: "T-KEY-EXPOSURE",
    name: "one key twice",
    send: () => withBlocks(signBlock(vendor, digestElement), signBlock(vendor, digestElement)),
    code: "threshold-not-met",
  },
  {
    threat: "T-KEY-EXPOSURE",
    name: "one key twice, in blocks that differ where nobody signs",
    send: () =>
      withBlocks(
        signBlock(vendor, digestElement),
        signBlock(vendor, digestElement, { unprotected: new Map([[33, Uint8Array.of(1)]]) }),
      ),
    code: "threshold-not-met",
  },
  {
    threat: "T-KEY-EXPOSURE",
    name: "one key twice, the second time with another signature (ECDSA is not deterministic)",
    send: () => withBlocks(signBlock(second, digestElement), signBlock(second, digestElement)),
    code: "threshold-not-met",
  },
  {
    threat: "T-KEY-EXPOSURE",
    name: "one key of two and one of a stranger",
    send: async () => sendRelease(await makeRelease(newer, [vendor, foreign])),
    code: "threshold-not-met",
  },
  {
    threat: "T-KEY-EXPOSURE",
    name: "one key of two, and its signature under the other's id",
    send: () =>
      withBlocks(signBlock(vendor, digestElement), signBlock({ ...second, sign: vendor.sign }, digestElement)),
    code: "signature-invalid",
  },
  {
    threat: "T-KEY-EXPOSURE",
    name: "one key of two, the other under an algorithm that was given up (ES256, -7)",
    send: () => withBlocks(signBlock(vendor, digestElement), signBlock(second, digestElement, { algorithm: -7 })),
    code: "algorithm-not-allowed",
  },
];

describeAttacks(
  "a vendor that asks for two of two keys",
  { roles: [role("release", ["vendor", "vendor-p256"], { threshold: 2 })], legacyAlgorithms: [] },
  thresholdAttacks,
);
