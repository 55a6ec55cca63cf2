import { algorithmById, algorithms } from "@sumac/cose";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import { selfTest } from "@sumac/device";
import { buildEnvelope } from "@sumac/suit";
import { verifyEnvelope } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { readPage, tableRows } from "../docs/markdown.ts";
import { signBlock, takeApart } from "../support/crafted-envelope.ts";
import { identity } from "../support/example-product.ts";
import {
  newer,
  offer,
  provisioned,
  release,
  trustUpdate,
  vendor,
  vendorPart,
  vendorRoot,
} from "../support/sample-device.ts";

/** The genuine release, with the signature's algorithm named otherwise: over that very header, with the genuine key. */
async function named(algorithm: number): Promise<typeof newer> {
  const parts = takeApart(newer.envelope);
  const block = await signBlock(vendor, parts.digestElement, { algorithm });
  return { ...newer, envelope: buildEnvelope({ ...parts, blocks: [block] }) };
}

/** Every number that the registry uses near ours, and some that nobody does. */
const ids = [...Array.from({ length: 141 }, (_, i) => 10 - i), -257, -258, -259, -65_535, 65_535];

describe("CR 4.3: only recognised cryptography, by an allow-list", () => {
  test("CR 4.3: of all algorithm ids, only the one that is the key's own is taken", async () => {
    const { device, flash } = await provisioned();
    const before = flash.snapshot();
    const taken: number[] = [];
    for (const id of ids) {
      const received = device.receive((await named(id)).envelope, {});
      if (received.ok) taken.push(id);
      else expect(received.error, `${id}`).toMatchObject({ code: "algorithm-not-allowed" });
    }
    expect(taken).toEqual([-19]);
    expect(algorithmById(-19)).toMatchObject({ name: "Ed25519", status: "current" });
    expect(flash.snapshot()).toEqual(before);
  });

  test("CR 4.3: a deprecated id is refused, unless the trust record says otherwise, and then again once it does not", async () => {
    const { device } = await provisioned();
    const legacy = await named(-8);
    const refused = { ok: false, error: { code: "algorithm-not-allowed", algorithm: -8 } };
    expect(device.receive(legacy.envelope, {})).toMatchObject(refused);
    const signers = [vendorRoot];
    const allowing = vendorPart([vendor], { legacyAlgorithms: [-8] });
    expect(
      await offer(device, await trustUpdate({ part: "vendor", sequence: 1n, record: allowing, signers })),
    ).toMatchObject({ ok: true });
    expect(device.receive(legacy.envelope, {})).toMatchObject({ ok: true });
    expect(
      await offer(device, await trustUpdate({ part: "vendor", sequence: 2n, record: vendorPart(), signers })),
    ).toMatchObject({ ok: true });
    expect(device.receive(legacy.envelope, {})).toMatchObject(refused);
  });

  test("CR 4.3: agility by key id: a release with a new key and algorithm beside the old one, then without it", async () => {
    const { device } = await provisioned();
    const signers = [vendorRoot];
    const both = vendorPart([vendor, vendorRoot]);
    await offer(device, await trustUpdate({ part: "vendor", sequence: 1n, record: both, signers }));
    for (const signer of [vendor, vendorRoot]) {
      expect(device.receive((await release(6n, [signer])).envelope, {})).toMatchObject({ ok: true });
    }
  });

  test("CR 4.3: a digest algorithm that is not recognised has no name in the code", () => {
    // A digest in an envelope is read by name; -17 (SHA-512/256 truncated) and SHA-1 have none.
    const parts = takeApart(newer.envelope);
    for (const [from, to] of [
      [0x2f, 0x30],
      [0x2f, 0x0e],
    ] as const) {
      const altered = parts.digestElement.slice();
      expect(altered[1]).toBe(from);
      altered[1] = to;
      const bytes = buildEnvelope({ ...parts, digestElement: altered });
      const context = {
        crypto: nodeCrypto,
        trust: vendorPart(),
        recipient: { ...identity, components: "any" as const },
        installed: { floor: 0n },
      };
      expect(verifyEnvelope(bytes, context)).toMatchObject({ ok: false });
    }
  });

  test.each([
    ["node", nodeCrypto],
    ["noble", nobleCrypto],
  ])("CR 4.3: known answers with the cryptography of %s", async (_, crypto) => {
    const { verdict, cases } = await selfTest(crypto);
    expect(cases.filter(({ expected, answered }) => expected !== answered)).toEqual([]);
    expect(verdict).toBe("pass");
  });

  test("CR 4.3: the page's list of algorithms is that of the code", () => {
    const listed = tableRows(readPage("docs/spec/suit.md"), ["Id", "Algorithm", "Key", "Status"]);
    expect(listed).toEqual(algorithms.map(({ id, name, scheme, status }) => [`${id}`, name, scheme, status]));
    for (const { name, scheme } of algorithms) expect(`${name} ${scheme}`).not.toMatch(/sha-?1|md5|rsa|des|rc4/i);
  });
});
