import { bytesToHex, equalBytes } from "@sumac/crypto";
import type { IntegrityFinding, LogEntry } from "@sumac/device";
import { exitCode } from "../exit-code.ts";
import { Failure, unavailable } from "../failure.ts";
import type { WhoAndWhy } from "../who-and-why.ts";
import type { OpenDevice } from "./device-folder.ts";

const ofTheConfiguration: ReadonlySet<string> = new Set(["configuration-changed", "configuration-not-declared"]);

/**
 * Whether a person can find it right: the configuration, and a state that this device's key has not sealed yet. What a
 * signature, a root key or a confirmed boot decides (image, trust record, floor) and who the device is are nobody's to accept.
 */
export const isAcceptable = ({ subject }: IntegrityFinding): boolean =>
  subject === "seal" || subject === "configuration";

/**
 * Takes what was found for right (CR 3.4): seals the state as it is, and declares the configuration. Who did it and why is
 * safe in the event log before: what cannot be written down is not accepted.
 */
export async function acceptChanges(
  opened: OpenDevice,
  findings: readonly IntegrityFinding[],
  { by, reason }: WhoAndWhy,
  configurationDigest: Uint8Array | undefined,
): Promise<void> {
  const { log, device, sealing } = opened;
  const accepted = findings.map(({ subject }) => subject).join(" ");
  const facts = { by, reason, accepted };
  const entry: LogEntry = { type: "integrity-accepted", source: "integrity", result: "warning", facts };
  if ((await log.append(entry)) !== "stored") {
    const problem = "the event log cannot be written, and what is accepted has to be recorded";
    throw new Failure({
      code: "log-failing",
      problem,
      remedy: "mend the storage of the log, then accept again",
      exit: exitCode.device,
    });
  }
  if (findings.some(({ code }) => !ofTheConfiguration.has(code))) {
    if (sealing === undefined) {
      throw unavailable("device-key-missing", "the device has no key that could seal", "provision it with a key");
    }
    await sealing.accept();
  }
  if (configurationDigest === undefined || !findings.some(({ code }) => ofTheConfiguration.has(code))) return;
  // Not a boot: a trial that runs goes on.
  const outcome = await device.resume();
  if (outcome.kind === "running") await device.declareConfiguration(configurationDigest);
  const stored = await opened.parts.state.read();
  const declared = stored.kind === "present" ? stored.state.configurationDigest : undefined;
  if (declared !== undefined && equalBytes(declared, configurationDigest)) return;
  throw new Error(`the configuration ${bytesToHex(configurationDigest)} was not declared`);
}
