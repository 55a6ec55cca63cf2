import { expect, test } from "vitest";
import { fixture } from "../support/example-product.ts";
import { publicKey, ServedUnit, signedBy } from "../support/served-unit.ts";

const serve = ["--trust", publicKey("vendor"), "--trust", publicKey("owner")];
const withRoots = [...serve, "--trust-root", publicKey("vendor-p256")];

/** The vendor's part with these release keys, signed by these root keys. */
async function trustUpdate(unit: ServedUnit, sequence: number, keys: readonly string[], by = "vendor-p256") {
  const roles = [...keys.flatMap((key) => ["--release", publicKey(key)]), "--root", publicKey("vendor-p256")];
  await unit.good("trust", "make", `${sequence}.trust`, "--part", "vendor", ...roles, "--replace");
  const words = ["--config", fixture("sumac.yaml"), "--sequence", `${sequence}`, ...signedBy(by)];
  await unit.good("trust", "update", `${sequence}.trust`, ...words, "--replace");
  return `vendor-trust-${sequence}.suit`;
}

test("CR 1.8: a key is renewed and then revoked over the server, before the releases that wait there", {
  timeout: 60_000,
}, async () => {
  const unit = await ServedUnit.start({ serve: withRoots });
  const publish = async (envelope: string): Promise<void> =>
    expect(await unit.publish(envelope)).toMatchObject({ code: 0, stderr: "" });
  const trust = async () => (await unit.good("device", "trust", "show", "unit")).stdout;

  // By the new key, which the device does not know yet; and the update that brings it.
  await publish(await unit.release("1.2.0", 3, ["owner"]));
  await publish(await trustUpdate(unit, 1, ["vendor", "owner"]));
  expect((await unit.once()).stdout).toMatch(/reported success: vendor-trust-changed/);
  const installed = await unit.once();
  expect(installed.stdout).toMatch(/confirmed 1\.2\.0 \(sequence 3\)/);
  const both = await trust();

  await publish(await trustUpdate(unit, 2, ["owner"]));
  expect((await unit.once()).stdout).toMatch(/reported success: vendor-trust-changed/);
  expect(await trust()).not.toBe(both);
  // Neither is offered again.
  expect((await unit.once()).stdout).not.toMatch(/trust|action/);

  await publish(await unit.release("1.0.0", 4, ["vendor"]));
  const revoked = await unit.once();
  expect(revoked.code).toBe(3);
  expect(revoked.stderr).toMatch(/^error\[signer-unknown\]/);
  expect(await unit.log()).toMatch(/trust-changed success .*part=vendor .*sequence=2/);
});

test("CR 1.8: a server passes on what root keys have signed, and nothing that a release key has", {
  timeout: 60_000,
}, async () => {
  const unit = await ServedUnit.start({ serve: withRoots });
  const refused = await unit.publish(await trustUpdate(unit, 1, ["vendor", "owner"], "vendor"));
  expect(refused.code).toBe(3);
  expect(refused.stderr).toMatch(/^error\[(signer-unknown|component-not-authorised)\]/);
  const without = await ServedUnit.start({ serve });
  const alone = await without.publish(await trustUpdate(without, 1, ["vendor", "owner"], "vendor"));
  expect(alone.stderr).toMatch(/^error\[trust-root-missing\]/);
  const unknown = await without.publish(await trustUpdate(without, 1, ["vendor", "owner"]));
  expect(unknown.stderr).toMatch(/^error\[signer-unknown\]/);
});

test("CR 1.8: a trust update that the device refuses does not stand in the way of a release", {
  timeout: 60_000,
}, async () => {
  const unit = await ServedUnit.start({ serve: withRoots });
  // It would leave the device with an image that may not boot.
  expect(await unit.publish(await trustUpdate(unit, 1, ["owner"]))).toMatchObject({ code: 0 });
  expect(await unit.publish(await unit.release("1.2.0", 3))).toMatchObject({ code: 0 });
  const codes = new Set<string>();
  let said = "";
  for (let round = 0; round < 6 && !/confirmed 1\.2\.0/.test(said); round++) {
    const { stdout, stderr } = await unit.once();
    said = stdout;
    codes.add(/^error\[(.*)\]/.exec(stderr)?.[1] ?? "none");
  }
  expect(codes).toContain("trust-update-strands-device");
  expect(said).toMatch(/confirmed 1\.2\.0 \(sequence 3\)/);
});
