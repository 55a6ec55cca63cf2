import { readIdentity } from "@sumac/smp";
import type { Arguments, Command, CommandContext } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { readPublicKey } from "../public-key-file.ts";
import { type DeviceLine, onLine } from "../serial/device-line.ts";
import { smpFailure } from "../serial/line-failure.ts";
import { lineOptions } from "../serial/line-settings.ts";
import { isOtherKind } from "../serial/other-kind.ts";
import { pushToMcuboot } from "../serial/push-mcuboot.ts";
import { type PushOrder, readOrder } from "../serial/push-order.ts";
import { pushToSumac } from "../serial/push-sumac.ts";
import { allowAlgorithmOption, profileOption } from "../trust-from-keys.ts";

export const devicePush: Command = {
  name: "device push",
  summary: "update a device behind a serial port",
  operands: [{ name: "file", summary: "the envelope (.suit), its payloads beside it" }],
  options: [
    ...lineOptions,
    { name: "key", value: "file", use: "repeatable", summary: "public key (PEM) that may have signed the release" },
    { name: "threshold", value: "n", summary: "how many of the keys must have signed (default 1)" },
    { name: "payload", value: "uri=file", use: "repeatable", summary: "this file is the payload of that URI" },
    { name: "vendor-id", value: "hex", summary: "vendor UUID that the release must be for" },
    { name: "class-id", value: "hex", summary: "class UUID that the release must be for" },
    { name: "device-key", value: "file", summary: "Sumac device: its public key; it has to sign what it runs" },
    {
      name: "image-key",
      value: "file",
      use: "repeatable",
      summary: "MCUboot: keys of its boot loader (default --key)",
    },
    { name: "overwrite-what-runs", summary: "MCUboot: upload into the slot that runs; there is no way back" },
    profileOption,
    allowAlgorithmOption,
  ],
  notes: [
    "Verifies the release here first. A Sumac device then judges it itself; for a plain MCUboot device the image inside is",
    "verified as its boot loader will. Repeat the command after a cut: it goes on where the device is.",
    "Exit code 0: confirmed, or installed already; 3: refused; 5: no port or no answer; 6: the device failed or went back.",
  ],
  onInterrupt: "finish",
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  context.terminal.jsonLine({ event: "verifying", file: given.operand("file") });
  const order = await readOrder(given, context);
  return onLine(given, context, (line) => push(given, order, line, context));
}

async function push(given: Arguments, order: PushOrder, line: DeviceLine, context: CommandContext): Promise<ExitCode> {
  const identity = await readIdentity(line.client);
  if (identity.ok) {
    context.terminal.jsonLine({ event: "device", kind: "sumac", state: identity.value.state });
    const deviceKey = given.option("device-key");
    return pushToSumac({ order, identity: identity.value, line, context, deviceKey });
  }
  // Whoever answers that it does not know the question is there, and is another kind of device.
  if (!isOtherKind(identity.error)) throw smpFailure(identity.error, line.settings);
  context.terminal.jsonLine({ event: "device", kind: "mcuboot" });
  const names = given.all("image-key").length > 0 ? given.all("image-key") : given.all("key");
  const imageKeys = await Promise.all(names.map((name) => readPublicKey(context.io, name)));
  const slot = given.flag("overwrite-what-runs") === "given" ? "primary-overwriting-what-runs" : "secondary";
  return pushToMcuboot({ order, line, context, imageKeys, slot });
}
