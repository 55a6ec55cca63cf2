import { hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { explainDeviceWord, runningReport } from "@sumac/device";
import { writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { deviceKeyOf } from "../device/device-folder.ts";
import { bootedCopy } from "../device/existing-device.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, unavailable, usage } from "../failure.ts";

export const deviceReport: Command = {
  name: "device report",
  summary: "write a signed SUIT report of what a device runs",
  operands: [{ name: "folder", summary: "where the device lives" }],
  options: [
    { name: "out", value: "file", use: "required", summary: "write here (application/suit-report+cose)" },
    { name: "nonce", value: "hex", summary: "sent back in the report, to tell it from an older one" },
    { name: "replace", summary: "overwrite --out if it is there" },
  ],
  notes: ["The manifest has to name itself (reference-uri); the report is signed with the device's own key."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const folder = given.operand("folder");
  const nonce = given.option("nonce");
  if (nonce !== undefined && !/^([0-9a-f]{2}){1,64}$/.test(nonce)) {
    throw usage("bad-value", "--nonce is not 1 to 64 bytes in lower-case hex", "give such as 00112233");
  }
  const { device, slots, settings } = await bootedCopy(io, folder);
  const key = await deviceKeyOf(io, folder);
  if (key === undefined) {
    throw unavailable("no-device-key", `the device in ${folder} has no key`, "make the device anew");
  }
  const { running } = device.status();
  const asked = nonce === undefined ? {} : { nonce: hexToBytes(nonce) };
  const report = await runningReport(slots, running, asked, key, nodeCrypto);
  if (!report.ok) {
    throw new Failure({ code: report.error.code, ...explainDeviceWord(report.error), exit: exitCode.device });
  }
  const out = given.required("out");
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  writeFileAtomically(io, { name: out, bytes: report.value, ifExists });
  terminal.json({ device: settings.id, out, manifestDigest: running.manifestDigest, sequence: running.sequence });
  terminal.line(`report of sequence ${running.sequence} on ${settings.id} written to ${out}`);
  return exitCode.ok;
}
