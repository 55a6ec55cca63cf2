import { nodeCrypto } from "@sumac/crypto/node";
import { type DeviceKey, deviceReport } from "@sumac/device";
import { trustKey, verifyReport } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { craftRelease, flip } from "../support/crafted-envelope.ts";
import { foreign, imageOf, offer, owner, provisioned, vendor } from "../support/sample-device.ts";

const keyOf = (signer: typeof owner): DeviceKey => ({
  publicKey: signer.publicKey,
  sign: (message) => signer.sign(message),
});
const nonce = new TextEncoder().encode("asked at noon");
const later = new TextEncoder().encode("asked at one");

async function installed(sequence: bigint) {
  const made = await craftRelease({
    sequence,
    image: imageOf(sequence),
    manifest: { referenceUri: `https://updates.example/${sequence}` },
    signers: [vendor],
  });
  const { device } = await provisioned();
  const received = device.receive(made.envelope, {});
  if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
  const { update } = received.value.offer;
  const staged = await offer(device, made);
  if (!staged.ok || !("images" in staged.value)) throw new Error("not staged");
  const { images } = staged.value;
  const report = async (key: DeviceKey, asked: Uint8Array): Promise<Uint8Array> => {
    const answer = await deviceReport(
      { envelope: made.envelope, outcome: { result: "success", images }, nonce: asked },
      key,
      nodeCrypto,
    );
    if (!answer.ok) throw new Error(answer.error.because);
    return answer.value;
  };
  const verify = (bytes: Uint8Array, asked: Uint8Array) =>
    verifyReport(bytes, {
      crypto: nodeCrypto,
      deviceKey: trustKey(owner.publicKey, nodeCrypto),
      update: { ...update, manifestDigest: update.manifestDigest },
      freshness: { nonce: asked },
    });
  return { report, verify };
}

describe("T-UPT-REPORT-REPLAY: a device is as up to date as it says now, not as it once said", () => {
  test("T-UPT-REPORT-REPLAY: yesterday's report answers no question of today", async () => {
    const { report, verify } = await installed(6n);
    const bytes = await report(keyOf(owner), nonce);
    expect(verify(bytes, nonce)).toMatchObject({ ok: true });
    expect(verify(bytes, later)).toMatchObject({ ok: false, error: { code: "report-nonce-mismatch" } });
  });

  test("T-UPT-REPORT-REPLAY: a report of another update, of another device, or altered is not believed", async () => {
    const [six, seven] = [await installed(6n), await installed(7n)];
    const bytes = await six.report(keyOf(owner), nonce);
    expect(seven.verify(bytes, nonce)).toMatchObject({ ok: false });
    expect(six.verify(await six.report(keyOf(foreign), nonce), nonce)).toMatchObject({ ok: false });
    for (let at = 0; at < bytes.length; at++) {
      if (six.verify(flip(bytes, at), nonce).ok) expect.fail(`byte ${at} does not matter`);
    }
  });
});
