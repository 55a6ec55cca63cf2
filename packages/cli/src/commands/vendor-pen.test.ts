/** Products whose vendor has a private enterprise number (vendorPen) instead of a UUID. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, filesIn, fixture, type Said, sumac, testKey, testPublicKey } from "../sumac.test.support.ts";

const pen = "d8704381fd59";
const envelope = "rtu-demo-1.1.0.suit";

function productFolder(): string {
  const folder = emptyFolder();
  writeFileSync(path.join(folder, "sumac.yaml"), `${readFileSync(fixture("sumac.yaml"), "utf8")}vendorPen: 32473\n`);
  return folder;
}

const build = (folder: string, ...words: readonly string[]): Promise<Said> => {
  const image = fixture("images", "rtu-demo-1.1.0.bin");
  const release = ["--version", "1.1.0", "--sequence", "2", "--test-only-key", testKey("vendor")];
  return sumac(["release", "build", image, ...release, ...words], { folder });
};

test("the number is the vendor id of a release, for people and for programs", async () => {
  const built = await build(productFolder());
  expect([built.code, built.stdout]).toEqual([0, expect.stringContaining(`vendor id ${pen}, class id `)]);
  expect((await build(productFolder(), "--json")).json()).toMatchObject({ vendorId: pen });
});

test("verify takes it as --vendor-id", async () => {
  const folder = productFolder();
  await build(folder);
  const verify = (vendor: string): Promise<Said> =>
    sumac(["verify", envelope, "--key", testPublicKey("vendor"), "--vendor-id", vendor, "--json"], { folder });
  expect((await verify(pen)).json()).toMatchObject({ verdict: "accepted", vendorIds: [pen] });
  expect((await verify("d8704101")).json()).toMatchObject({ verdict: "refused", code: "wrong-vendor" });
  expect((await verify("d8704201")).json()).toMatchObject({ error: { code: "bad-value" } });
});

test("no simulated device is made of it: no server would have an offer for it", async () => {
  const folder = productFolder();
  await build(folder);
  const made = ["--id", "rtu-1", "--trust", testPublicKey("vendor"), "--factory", envelope];
  const server = ["--server", "http://127.0.0.1:1", "--token-file", "token"];
  writeFileSync(path.join(folder, "token"), "TEST-ONLY-token-of-enough-characters\n", { mode: 0o600 });
  const said = await sumac(["device", "run", "device", ...made, ...server, "--once"], { folder });
  expect([said.code, said.stderr]).toEqual([2, expect.stringContaining("error[vendor-pen-unsupported]")]);
  expect(filesIn(folder)).not.toContain("device");
});
