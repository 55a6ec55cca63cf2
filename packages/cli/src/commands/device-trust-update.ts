import { bytesToHex } from "@sumac/crypto";
import { type Device, type DeviceRefusal, explainDevice, type TrustChange } from "@sumac/device";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { openBootedDevice } from "../device/booted-device.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";

export const deviceTrustUpdate: Command = {
  name: "device trust update",
  summary: "put a trust update into force on a simulated device",
  operands: [
    { name: "folder", summary: "where the device lives" },
    { name: "envelope", summary: "the trust update (.suit): sumac trust update" },
  ],
  options: [],
  notes: ["The device judges it like one from its server; no server takes part."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("envelope");
  const envelope = await readEnvelopeFile(io, name);
  const { device, settings, close } = await openBootedDevice(io, given.operand("folder"));
  try {
    const change = await apply(device, envelope, name);
    if (change === "in-force") {
      terminal.json({ device: settings.id, changed: null });
      terminal.line("that trust record is in force already");
      return exitCode.ok;
    }
    const { part, sequence, to, signers } = change;
    terminal.json({ device: settings.id, changed: { part, sequence, digest: to, signers } });
    terminal.line(`the ${part}'s part was replaced by trust update ${sequence}`);
    for (const { role, keyId } of signers) terminal.line(`  signed by ${bytesToHex(keyId)} (${role})`);
    return exitCode.ok;
  } finally {
    await close();
  }
}

async function apply(device: Device, envelope: Uint8Array, name: string): Promise<TrustChange | "in-force"> {
  const received = device.receive(envelope, {});
  if (!received.ok) throw refused(received.error);
  if (received.value.kind === "already-installed") return "in-force";
  if (received.value.kind === "offer") {
    throw usage("bad-value", `${name} is a release, no trust update`, "publish it, and let the device fetch it");
  }
  const { offer } = received.value;
  if (offer.source.kind === "remote") {
    throw usage("bad-value", `${name} does not carry its record`, "make it with sumac trust update");
  }
  const applied = await device.applyTrust(offer, {
    fetch: () => {
      throw new Error("an integrated record is not fetched");
    },
  });
  if (!applied.ok) throw refused(applied.error);
  return applied.value;
}

const refused = (refusal: DeviceRefusal): Failure =>
  new Failure({
    code: refusal.code,
    ...explainDevice(refusal),
    exit: refusal.code === "malformed" ? exitCode.malformed : exitCode.refused,
  });
