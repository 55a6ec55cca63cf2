import { bytesToHex } from "@sumac/crypto";
import type { ReleaseDescription, Signer } from "@sumac/signing";
import { parseEnvelope } from "@sumac/suit";
import { type BeforeRestart, demoLayout } from "./demo-device.ts";
import { type DemoRelease, makeRelease } from "./demo-product.ts";
import type { Tampering } from "./on-path-attacker.ts";

/** One attack on a device that runs 1.1.0 and is offered the genuine 1.2.0; `code` is the one answer allowed. */
export interface DemoAttack {
  /** Id in docs/threat-model.md. */
  readonly threat: string;
  readonly attack: string;
  readonly code: string;
  readonly tampering?: Tampering;
  readonly beforeRestart?: BeforeRestart;
}

export interface AttackMaterial {
  readonly description: ReleaseDescription;
  readonly vendor: Signer;
  readonly foreign: Signer;
  /** 1.0.0, genuine and older than what runs. */
  readonly older: DemoRelease;
  /** 1.2.0, what the server really offers. */
  readonly offered: DemoRelease;
}

const envelopeName = "manifest.suit";

export async function demoAttacks(material: AttackMaterial): Promise<readonly DemoAttack[]> {
  const { description, vendor, foreign, older, offered } = material;
  const made = { version: "9.9.9", sequence: 99n, image: offered.image };
  const unsigned = await makeRelease(description, made, []);
  const stranger = await makeRelease(description, made, [foreign]);
  const otherClass = await makeRelease({ ...description, product: "another-product" }, made, [vendor]);
  const otherVendor = await makeRelease({ ...description, vendor: "another-vendor.example" }, made, [vendor]);
  const envelope =
    (bytes: Uint8Array): Tampering =>
    (name) =>
      name === envelopeName ? bytes : undefined;
  const payload =
    (change: (bytes: Uint8Array) => Uint8Array | "endless"): Tampering =>
    (name, original) =>
      name === offered.payloadUri ? change(original) : undefined;
  const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1);

  return [
    {
      threat: "T-NET-ONPATH",
      attack: "one bit flipped in the payload",
      code: "image-digest-mismatch",
      tampering: payload((bytes) => flip(bytes, bytes.length >> 1)),
    },
    {
      threat: "T-MFST-MODIFICATION",
      attack: "one bit flipped in the manifest",
      code: "manifest-digest-mismatch",
      tampering: envelope(flip(offered.envelope, manifestOffset(offered) + 20)),
    },
    { threat: "T-IMG-NON-AUTH", attack: "unsigned", code: "threshold-not-met", tampering: envelope(unsigned.envelope) },
    {
      threat: "T-IMG-NON-AUTH",
      attack: "signed by a foreign key",
      code: "signer-unknown",
      tampering: envelope(stranger.envelope),
    },
    {
      threat: "T-IMG-INCOMPATIBLE",
      attack: "for another class of device",
      code: "wrong-class",
      tampering: envelope(otherClass.envelope),
    },
    {
      threat: "T-IMG-INCOMPATIBLE",
      attack: "from another vendor",
      code: "wrong-vendor",
      tampering: envelope(otherVendor.envelope),
    },
    { threat: "T-IMG-EXPIRED", attack: "replay of 1.0.0", code: "rollback", tampering: envelope(older.envelope) },
    {
      threat: "T-NET-ONPATH",
      attack: "payload truncated",
      code: "image-too-short",
      tampering: payload((bytes) => bytes.subarray(0, -100)),
    },
    { threat: "T-TUF-ENDLESS", attack: "payload endless", code: "image-too-long", tampering: payload(() => "endless") },
    {
      threat: "T-MFST-TOCTOU",
      attack: "swapped in the slot after verification",
      code: "slot-readback-mismatch",
      beforeRestart: async (flash, staging) => {
        const { imageOffset } = demoLayout.slots[staging];
        await flash.write(imageOffset + 4096, new Uint8Array(16));
      },
    },
  ];
}

function manifestOffset({ envelope }: DemoRelease): number {
  const parsed = parseEnvelope(envelope);
  if (!parsed.ok) throw new Error(`${bytesToHex(envelope.subarray(0, 4))}: ${parsed.error.code}`);
  return parsed.value.manifest.contentOffset;
}
