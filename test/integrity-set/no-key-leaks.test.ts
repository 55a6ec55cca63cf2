import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { decode } from "@sumac/cbor";
import { encryptTag, parseEncrypt } from "@sumac/cose";
import { bytesToHex, keyEncryptionKey } from "@sumac/crypto";
import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { nodeEncryption } from "@sumac/crypto/encryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  deviceLogEntries,
  deviceReport,
  EventLog,
  explainDevice,
  exportLines,
  FlashLogStore,
  logRegionSize,
  MemoryFlash,
  planFlashLog,
  signLogHead,
  takeInventory,
} from "@sumac/device";
import { fileDeviceKeyStore } from "@sumac/device/node";
import { encryptPayload } from "@sumac/signing";
import { digestOf } from "@sumac/suit";
import { explain, stageEncryptedImage } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { craftRelease } from "../support/crafted-envelope.ts";
import { fixture } from "../support/example-product.ts";
import { foreign, imageOf, newer, offer, provisioned, release, vendor } from "../support/sample-device.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Forms in which a secret could stand in bytes or text. */
const formsOf = (secret: Uint8Array): readonly Uint8Array[] => {
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
  const buffer = Buffer.from(secret);
  return [
    secret,
    ascii(bytesToHex(secret)),
    ascii(bytesToHex(secret).toUpperCase()),
    // Without its first and last letters, which depend on what stands around it.
    ...[0, 1, 2].map((from) => ascii(buffer.subarray(from).toString("base64").slice(0, -4))),
    ...[0, 1, 2].map((from) => ascii(buffer.subarray(from).toString("base64url").slice(0, -4))),
    ascii(secret.join(",")),
  ];
};

const carries = (place: Uint8Array, secret: Uint8Array): boolean =>
  formsOf(secret).some((form) => Buffer.from(place).includes(Buffer.from(form)));

const seedOf = (pem: string): Uint8Array => {
  const base64 = pem.replace(/-----[^-]+-----/g, "").replace(/\s/g, "");
  return new Uint8Array(Buffer.from(base64, "base64")).slice(-32);
};

test("the scan finds what it looks for", () => {
  const secret = new Uint8Array(randomBytes(32));
  for (const form of formsOf(secret)) {
    expect(carries(Uint8Array.of(1, 2, ...form, 3), secret)).toBe(true);
  }
  expect(carries(new Uint8Array(randomBytes(4096)), secret)).toBe(false);
});

describe("CR 1.14: payload keys: sound, for one device or one model, and nowhere to be read", () => {
  const secret = new Uint8Array(randomBytes(16));
  const keyId = new TextEncoder().encode("device 7");
  const image = imageOf(6n);
  const encrypted = encryptPayload(image, [{ kind: "key-encryption", keyId, secret }], nodeEncryption);
  if (!encrypted.ok) throw new Error(encrypted.error.code);
  const { ciphertext, encryptionInfo } = encrypted.value;
  const decoded = decode(encryptionInfo, { field: "test", tags: [encryptTag] });
  const parsed = decoded.ok ? parseEncrypt(decoded.value, "test") : decoded;
  if (!parsed.ok) throw new Error(parsed.error.code);
  const encryption = parsed.value;

  async function stage(key: Uint8Array, sent: Uint8Array = ciphertext) {
    const written: Uint8Array[] = [];
    let seals = 0;
    const answer = await stageEncryptedImage(
      {
        ciphertext: (async function* () {
          yield sent;
        })(),
        encryption,
        expectedCiphertext: { digest: digestOf(nodeCrypto, "sha-256", ciphertext), size: BigInt(ciphertext.length) },
        expected: { digest: digestOf(nodeCrypto, "sha-256", image), size: BigInt(image.length) },
      },
      {
        capacity: 1024n,
        write: async (_, chunk) => void written.push(chunk.slice()),
        seal: async () => void seals++,
      },
      { crypto: nodeCrypto, decryption: nodeDecryption, keys: [keyEncryptionKey(keyId, key, nodeDecryption)] },
    );
    return { answer, written, seals };
  }

  test("CR 1.14: the right key decrypts", async () => {
    const { answer, written, seals } = await stage(secret);
    expect(answer.ok).toBe(true);
    expect(seals).toBe(1);
    expect(Buffer.concat(written)).toEqual(Buffer.from(image));
  });

  test("CR 1.14: a wrong key: refused, no partial write, no seal", async () => {
    for (const wrong of [secret.with(0, (secret[0] ?? 0) ^ 1), new Uint8Array(16)]) {
      const { answer, written, seals } = await stage(wrong);
      if (answer.ok) expect.fail("decrypted with a wrong key");
      expect(answer.error.code).toMatch(/^(decryption-failed|no-decryption-key)$/);
      expect([written, seals]).toEqual([[], 0]);
    }
  });

  test("CR 1.14: the keys stand neither in what is published nor in what a refusal says", async () => {
    const { answer } = await stage(secret.with(3, (secret[3] ?? 0) ^ 1));
    if (answer.ok) throw new Error("decrypted");
    const said = new TextEncoder().encode(
      `${JSON.stringify(answer.error)} ${Object.values(explain(answer.error)).join(" ")}`,
    );
    for (const place of [ciphertext, encryptionInfo, said]) {
      expect(carries(place, secret)).toBe(false);
    }
  });

  test("CR 1.14: two images never share a content key", () => {
    const again = encryptPayload(image, [{ kind: "key-encryption", keyId, secret }], nodeEncryption);
    if (!again.ok) throw new Error(again.error.code);
    expect(Buffer.compare(again.value.ciphertext, ciphertext)).not.toBe(0);
    expect(Buffer.compare(again.value.encryptionInfo, encryptionInfo)).not.toBe(0);
  });
});

describe("CR 1.5: no private key is in anything that a device holds, writes or says", () => {
  const region = planFlashLog({ eraseBlock: 256 }, 0, 8);

  test("CR 1.5: flash, event log, export, report, inventory and refusals, after updates and attacks", async () => {
    const folder = temporaryFolder();
    const keyFile = path.join(folder, "device-key.pem");
    const key = await fileDeviceKeyStore(keyFile).generate();
    const logFlash = new MemoryFlash({ eraseBlock: 256, writeSize: 16, size: logRegionSize(region) });
    const log = await EventLog.open(new FlashLogStore(logFlash, region, nodeCrypto), {
      crypto: nodeCrypto,
      now: () => 1n,
      whenFailing: "go-on",
    });
    const sample = await provisioned();
    const refusals: string[] = [];
    const withUri = await craftRelease({
      sequence: 7n,
      image: imageOf(7n),
      manifest: { referenceUri: "https://updates.example/7" },
      signers: [vendor],
    });
    for (const sent of [newer, await release(6n, [foreign]), await release(4n), withUri]) {
      const answer = await offer(sample.device, sent);
      if (!answer.ok) refusals.push(JSON.stringify(explainDevice(answer.error)));
    }
    await sample.device.arm();
    await sample.device.boot();
    await sample.device.confirm();
    for (const event of sample.events) for (const entry of deviceLogEntries(event)) log.note(entry);
    await log.flush();
    const lines: string[] = [];
    const sign = (ends: Parameters<typeof signLogHead>[0]["ends"]) =>
      signLogHead({ device: "rtu-1", time: 1n, ends }, key, nodeCrypto);
    for await (const line of exportLines(log, sign)) lines.push(line);
    const status = sample.device.status();
    const report = await deviceReport(
      { envelope: withUri.envelope, outcome: { result: "success", images: status.running.images } },
      key,
      nodeCrypto,
    );
    if (!report.ok) throw new Error(report.error.code);
    const inventory = takeInventory({ device: "rtu-1", status, policy: {}, crypto: nodeCrypto });

    expect(lines.length).toBeGreaterThan(5);
    expect(refusals.length).toBeGreaterThan(0);
    const text = (value: unknown): Uint8Array =>
      new TextEncoder().encode(JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}` : each)));
    const places = {
      flash: sample.flash.snapshot(),
      "log in flash": logFlash.snapshot(),
      export: text(lines),
      report: report.value,
      inventory: text(inventory),
      status: text(status),
      refusals: text(refusals),
      "the device key as a value": text(key),
      "an envelope": withUri.envelope,
    };
    const holders = ["vendor", "owner", "foreign"].map((name) =>
      readFileSync(fixture("keys", `${name}.test-only.private.pem`), "utf8"),
    );
    for (const pem of [readFileSync(keyFile, "utf8"), ...holders]) {
      for (const [name, place] of Object.entries(places)) expect(carries(place, seedOf(pem)), name).toBe(false);
    }
  });

  test("CR 1.5: the update service has no credentials that came with it", async () => {
    const { listTokens, prepareToken } = await defaultTokens();
    expect(await listTokens()).toEqual([]);
    const made = await Promise.all(Array.from({ length: 20 }, () => prepareToken()));
    expect(new Set(made).size).toBe(20);
    for (const token of made) expect(token.length).toBeGreaterThanOrEqual(43);
  });
});

/** Of a data directory that nobody has used before. */
async function defaultTokens() {
  const { createToken, listTokens } = await import("@sumac/server");
  const folder = temporaryFolder();
  return {
    listTokens: () => listTokens(folder),
    prepareToken: async () => (await createToken(folder, { role: "read", label: "x" })).token,
  };
}
