import { randomBytes } from "node:crypto";
import { chownSync, statSync } from "node:fs";
import path from "node:path";
import { hexToBytes } from "@sumac/crypto";
import { type Override, overrideFile, serializeOverride } from "@sumac/device";
import { utcTime } from "@sumac/suit";
import { writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { readSettings } from "../device/device-settings.ts";
import { parseDuration } from "../duration.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { unavailable, usage } from "../failure.ts";
import type { Io } from "../io.ts";
import { readWhoAndWhy, whoAndWhyOptions } from "../who-and-why.ts";

export const deviceOverride: Command = {
  name: "device override",
  summary: "let one update pass a closed window or a missing consent, for a limited time",
  operands: [{ name: "folder", summary: "where the device lives" }],
  options: [
    { name: "manifest-digest", value: "hex", use: "required", summary: "of the update; no other one passes" },
    ...whoAndWhyOptions,
    { name: "for", value: "time", use: "required", summary: "such as 30min or 2h" },
    { name: "replace", summary: "in place of one that was given before" },
  ],
  notes: [
    "The agent decides: override in its configuration says who may, for how long, and what of window, consent and interlock",
    "is set aside. Nothing that the verifier refuses ever is. An override ends with its time or with the one restart that it",
    "has brought about; to take it back, remove the file override in the folder.",
  ],
  run,
};

const longest = "7 d";

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const folder = given.operand("folder");
  const override = readOverride(given);
  const settings = readSettings(io, folder);
  if (settings === undefined) {
    throw unavailable("device-not-found", `there is no device in ${folder}`, "name the folder of a device");
  }
  const name = path.join(folder, overrideFile);
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  writeFileAtomically(io, { name, bytes: serializeOverride(override), ifExists, mode: 0o600 });
  giveToAgent(io, folder, name);
  const { id, manifestDigest, by, reason, from, until } = override;
  terminal.json({ device: settings.id, file: name, override: { id, manifestDigest, by, reason, from, until } });
  terminal.line(`override for ${given.required("manifest-digest")} until ${utcTime(until)}, by ${by}: ${reason}`);
  terminal.line(
    "  the agent of the device decides by its configuration whether it counts, and writes it into the event log",
  );
  return exitCode.ok;
}

function readOverride(given: Arguments): Override {
  const digest = given.required("manifest-digest");
  if (!/^(?:[0-9a-f]{2}){32,64}$/.test(digest)) {
    const remedy = "copy it from the line with which the agent waits, or from sumac release inspect";
    throw usage("bad-value", "--manifest-digest is not a digest in lower-case hex", remedy);
  }
  const { by, reason } = readWhoAndWhy(given);
  const ms = parseDuration(given.required("for"));
  const most = parseDuration(longest) ?? 0;
  if (ms === undefined || ms > most) {
    throw usage(
      "bad-value",
      `--for ${given.required("for")} is not a duration`,
      `give 90s, 30min or 2h, up to ${longest}`,
    );
  }
  const from = BigInt(Math.floor(Date.now() / 1000));
  const id = randomBytes(16).toString("hex");
  return { id, manifestDigest: hexToBytes(digest), by, reason, from, until: from + BigInt(ms / 1000) };
}

/** Root gives it for an agent that runs as another user, who believes no file but its own. */
function giveToAgent(io: Io, folder: string, name: string): void {
  const owner = statSync(path.resolve(io.workingFolder, folder));
  const file = path.resolve(io.workingFolder, name);
  if (statSync(file).uid !== owner.uid) chownSync(file, owner.uid, owner.gid);
}
