import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { fileDeviceKeyStore } from "@sumac/device/node";
import { trustKey } from "@sumac/verifier";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { offered, vendorTrust } from "../support/attack-scene.ts";
import { foreign, newer, offer, provisioned, release } from "../support/sample-device.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TestServer } from "../support/test-server.ts";

describe("CR 1.2: device and update know each other", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(vendorTrust);
    await server.publish(offered);
  });
  afterAll(() => server.close());

  async function tokenOf(controllerId: string): Promise<string> {
    const answer = await fetch(`${server.url}/api/v1/devices`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.tokens.operator}`, "content-type": "application/json" },
      body: JSON.stringify({ controllerId }),
    });
    return ((await answer.json()) as { targetToken: string }).targetToken;
  }
  const poll = async (controllerId: string, token: string): Promise<number> =>
    (
      await fetch(`${server.url}/DEFAULT/controller/v1/${controllerId}`, {
        headers: { authorization: `TargetToken ${token}` },
      })
    ).status;

  test("CR 1.2: a connection with another device's secret is refused", async () => {
    const [one, two] = [await tokenOf("rtu-1"), await tokenOf("rtu-2")];
    expect(one).not.toBe(two);
    expect([await poll("rtu-1", one), await poll("rtu-2", two)]).toEqual([200, 200]);
    expect([await poll("rtu-1", two), await poll("rtu-2", one), await poll("rtu-1", "")]).toEqual([401, 401, 401]);
  });

  test("CR 1.2: with no server at all, the device knows the signer of a manifest, and whom not to believe", async () => {
    const { device } = await provisioned();
    expect(await offer(device, await release(6n, [foreign]))).toMatchObject({
      ok: false,
      error: { code: "signer-unknown" },
    });
    const received = device.receive(newer.envelope, {});
    expect(received).toMatchObject({ ok: true, value: { offer: { update: { signers: [{ roles: ["release"] }] } } } });
    expect(await offer(device, newer)).toMatchObject({ ok: true });
  });
});

test("CR 1.2 RE 1: no two devices share a key, whatever their number", async () => {
  const folder = temporaryFolder();
  const ids = new Set<string>();
  for (let unit = 0; unit < 50; unit++) {
    const key = await fileDeviceKeyStore(path.join(folder, `${unit}.pem`)).generate();
    ids.add(bytesToHex(trustKey(key.publicKey, nodeCrypto).keyId));
  }
  expect(ids.size).toBe(50);
});

test("CR 1.5: the device key cannot be asked for its private half: there is no such operation, and no such member", async () => {
  const store = fileDeviceKeyStore(path.join(temporaryFolder(), "key.pem"));
  const key = await store.generate();
  expect(Object.keys(store).sort()).toEqual(["generate", "open"]);
  expect(Object.keys(key).sort()).toEqual(["publicKey", "sign"]);
  expect(Object.getOwnPropertyNames(Object.getPrototypeOf(key))).toEqual(Object.getOwnPropertyNames(Object.prototype));
  await expect(store.generate()).rejects.toThrow();
  expect((await store.open())?.publicKey).toEqual(key.publicKey);
});
