import { nodeCrypto } from "@sumac/crypto/node";
import { digestOf } from "@sumac/suit";
import { parseTrustRecord } from "@sumac/verifier";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { bootedCopy } from "../device/existing-device.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Jsonable } from "../json-output.ts";
import { describeTrustRecord, trustRecordJson } from "../trust-record-file.ts";

export const deviceTrustShow: Command = {
  name: "device trust show",
  summary: "show whom a simulated device believes",
  operands: [{ name: "folder", summary: "where the device lives" }],
  options: [],
  notes: ["Looks at a copy of the flash, as its next boot would find it; the device itself may run meanwhile."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const { device, settings } = await bootedCopy(io, given.operand("folder"));
  const { trust } = device.status();
  const shown: Record<string, Jsonable> = { device: settings.id, owner: null };
  for (const part of ["vendor", "owner"] as const) {
    const kept = trust[part];
    if (kept === undefined) continue;
    const record = parseTrustRecord(kept.record, nodeCrypto, part);
    if (!record.ok) throw new Error("a running device has read its trust record");
    const digest = digestOf(nodeCrypto, "sha-256", kept.record).bytes;
    shown[part] = { sequence: kept.sequence, digest, ...trustRecordJson(record.value) };
    terminal.line(`the ${part}'s part, ${kept.sequence === 0n ? "as provisioned" : `trust update ${kept.sequence}`}`);
    for (const line of describeTrustRecord(record.value)) terminal.line(line);
  }
  if (trust.owner === undefined) terminal.line("no owner's part: sumac device own");
  terminal.json(shown);
  return exitCode.ok;
}
