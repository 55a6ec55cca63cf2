import { type Crypto, canVerify } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import { verifyEnvelope } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { first, offer, provisioned, second, streamOf } from "../flash/simulated-device.test.support.ts";
import { type EnvelopeVerifier, selfTest } from "./self-test.ts";

const wrong = async (crypto: Crypto, verify?: EnvelopeVerifier): Promise<readonly string[]> => {
  const { verdict, cases } = await selfTest(crypto, verify);
  const failed = cases.filter(({ expected, answered }) => expected !== answered);
  expect(verdict).toBe(failed.length === 0 ? "pass" : "fail");
  return failed.map(({ name }) => name);
};

describe("CR 3.3: the self-test passes on a verifier that is in order", () => {
  test.each([
    ["node", nodeCrypto],
    ["noble", nobleCrypto],
  ])("CR 3.3: good and bad vectors with the cryptography of %s", async (_, crypto) => {
    expect(await wrong(crypto)).toEqual([]);
    const { cases } = await selfTest(crypto);
    expect(cases).toHaveLength(3 + 1 + 2 * 15);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test("CR 3.3: what this build leaves out is not asked, and a build that can check nothing fails", async () => {
    const only: Crypto = { ...nodeCrypto, schemes: ["ed25519"], startDigest: nodeCrypto.startDigest };
    const { verdict, cases } = await selfTest({ ...only, verify: nodeCrypto.verify });
    expect(verdict).toBe("pass");
    expect(cases.some(({ name }) => name.startsWith("ecdsa"))).toBe(false);
    expect(canVerify(only, "ecdsa-p256-sha256")).toBe(false);
    expect(await wrong({ ...only, schemes: [] })).toEqual(["schemes"]);
  });
});

/** The verifier with one thing changed. */
const patched =
  (change: (...asked: Parameters<EnvelopeVerifier>) => ReturnType<EnvelopeVerifier>): EnvelopeVerifier =>
  (bytes, context) =>
    change(bytes, context);

const accepting = (crypto: Crypto): Crypto => ({ ...crypto, verify: () => true });
const zeroes = { update: () => undefined, digest: () => new Uint8Array(32) };

const patches: readonly (readonly [string, Crypto, EnvelopeVerifier | undefined, RegExp])[] = [
  ["every signature is taken", accepting(nodeCrypto), undefined, /signature altered/],
  ["no signature is taken", { ...nodeCrypto, verify: () => false }, undefined, /a good update/],
  ["every digest is the same", { ...nodeCrypto, startDigest: () => zeroes }, undefined, /digest sha-256/],
  [
    "the floor is not looked at",
    nodeCrypto,
    patched((bytes, context) => verifyEnvelope(bytes, { ...context, installed: { floor: 0n } })),
    /older than the floor/,
  ],
  [
    "the recipient is not looked at",
    nodeCrypto,
    patched((bytes, context) =>
      verifyEnvelope(bytes, { ...context, recipient: { vendorIds: "any", classIds: "any", components: "any" } }),
    ),
    /for another class/,
  ],
  [
    "one signature is always enough",
    nodeCrypto,
    patched((bytes, { trust, ...context }) =>
      verifyEnvelope(bytes, {
        ...context,
        trust: { ...trust, roles: trust.roles.map((role) => ({ ...role, threshold: 1 })) },
      }),
    ),
    /two are asked for/,
  ],
  [
    "what is behind the end is not looked at",
    nodeCrypto,
    patched((bytes, context) => verifyEnvelope(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes, context)),
    /hung on/,
  ],
  [
    "it throws",
    nodeCrypto,
    () => {
      throw new Error("broken");
    },
    /a good update/,
  ],
];

describe("CR 3.3: a verifier that was patched fails it", () => {
  for (const [what, crypto, verify, found] of patches) {
    test(`CR 3.3: ${what}: fail, and the case is named`, async () => {
      expect(await wrong(crypto, verify)).toContainEqual(expect.stringMatching(found));
    });
  }
});

test("CR 3.3 RE 1: it runs in operation, in the middle of an update, and changes nothing", async () => {
  const { flash, device } = await provisioned();
  const received = device.receive(second.envelope, {});
  if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
  const verdicts: string[] = [];
  async function* interrupted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of streamOf(second.image)) {
      const before = flash.snapshot();
      verdicts.push((await selfTest(nodeCrypto)).verdict);
      expect(flash.snapshot()).toEqual(before);
      yield chunk;
    }
  }
  expect(await device.install(received.value.offer, { fetch: interrupted })).toMatchObject({ ok: true });
  expect(new Set(verdicts)).toEqual(new Set(["pass"]));
  expect(verdicts.length).toBeGreaterThan(9);
  expect(await offer(device, first)).toMatchObject({ ok: true, value: { kind: "already-installed" } });
});
