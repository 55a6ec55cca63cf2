import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileDeviceKeyStore } from "./node-device-key.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sumac-key-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a device key in a file", () => {
  test("is made once, and is the same one ever after", async () => {
    const store = fileDeviceKeyStore(path.join(folder, "device-key.pem"));
    expect(await store.open()).toBeUndefined();
    const made = await store.generate();
    const message = Uint8Array.of(1, 2, 3);
    const opened = await store.open();
    expect(opened?.publicKey).toEqual(made.publicKey);
    expect(nodeCrypto.verify(made.publicKey, message, (await opened?.sign(message)) ?? new Uint8Array())).toBe(true);
  });

  test("EDR 3.12: is never written over, and leaves no draft behind", async () => {
    const file = path.join(folder, "device-key.pem");
    const store = fileDeviceKeyStore(file);
    await store.generate();
    const before = readFileSync(file);
    await expect(store.generate()).rejects.toMatchObject({ code: "storage-failed" });
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(folder)).toEqual(["device-key.pem"]);
  });

  test.skipIf(process.platform === "win32")("CR 1.5: only its user may read it", async () => {
    const file = path.join(folder, "device-key.pem");
    await fileDeviceKeyStore(file).generate();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("CR 1.5: no operation hands out the private half", async () => {
    const key = await fileDeviceKeyStore(path.join(folder, "device-key.pem")).generate();
    expect(Object.keys(key).sort()).toEqual(["publicKey", "sign"]);
    expect(key.publicKey.bytes).toHaveLength(32);
  });

  test("two devices never share one", async () => {
    const keys = await Promise.all(["a", "b"].map((name) => fileDeviceKeyStore(path.join(folder, name)).generate()));
    expect(keys[0]?.publicKey).not.toEqual(keys[1]?.publicKey);
  });

  test("a damaged file is a fault, with nothing of its content in the text", async () => {
    const file = path.join(folder, "device-key.pem");
    writeFileSync(file, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
    const fault = await fileDeviceKeyStore(file)
      .open()
      .catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "storage-failed" });
    expect(String(fault)).not.toContain("c2VjcmV0");
  });

  test("a key of another kind is none: nobody could verify what it signs", async () => {
    const file = path.join(folder, "device-key.pem");
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }));
    await expect(fileDeviceKeyStore(file).open()).rejects.toMatchObject({ code: "storage-failed" });
  });
});
