import type { ComponentId } from "@sumac/suit";
import { type Explanation, explain as explainRejection, explainTrustRecord, type Rejection } from "@sumac/verifier";
import type { RecoveryReason, SlotProblems } from "./device/boot-device.ts";
import { componentName } from "./device/component-name.ts";
import type { DeviceRefusal } from "./device/offer.ts";
import type { TimeRefusal } from "./device/trusted-time.ts";
import type { ProvisionRefusal } from "./factory/provision.ts";
import { describeBackupDoubt } from "./operator/explain-backup.ts";
import type { InstallWait } from "./operator/install-wait.ts";
import type { OverrideRefusal } from "./operator/override.ts";
import type { BackupInvalid } from "./operator/signed-backup.ts";
import { explainRepository } from "./repository/explain-repository.ts";
import type { SlotProblem } from "./slots/slot-check.ts";
import type { UnavailableCode } from "./unavailable.ts";

/** Every answer of a device that is not the one hoped for. */
export type DeviceProblem =
  | DeviceRefusal
  | ProvisionRefusal
  | SlotProblem
  | RecoveryReason
  | TimeRefusal
  | InstallWait
  | OverrideRefusal
  | BackupInvalid;

/** The one place with sentences about them; a code without a case does not compile. */
export function explainDevice(problem: DeviceProblem): Explanation {
  if ("judgedBy" in problem) return explainRepository(problem);
  switch (problem.code) {
    case "trial-running":
      return say(
        "an image is on trial, and the other slot holds the way back",
        "wait until the trial is confirmed or has gone back",
      );
    case "recovery-running":
      return say(
        "the recovery image runs, and cannot be overwritten under itself",
        "install a release first; when it is confirmed, replace the recovery image",
      );
    case "trials-exhausted":
      return say(
        `the image was tried ${problem.attempts} times and never confirmed`,
        "publish a corrected release under a higher sequence number; this one is looked at again after another was confirmed",
      );
    case "stagings-exhausted":
      return say(
        `the other slot was erased as often as is good for the flash; in ${duration(problem.againInMs)} it may be again`,
        "find out why updates are begun and not confirmed; a confirmed release gives the whole budget back",
      );
    case "consent-awaited":
      return say(
        `the operator has not agreed to sequence ${problem.sequence}`,
        "have it agreed to at the device, in the way its configuration names",
      );
    case "log-failing":
      return say(
        `the event log ${problem.file} cannot be written (${problem.fault}), and updates have to be recorded`,
        problem.fault === "storage-mismatch" || problem.fault === "storage-foreign"
          ? "stop the agent, find out who changed the file, then set it aside: sumac device log clear FOLDER --by NAME --reason TEXT --drop-unexported"
          : "mend the storage of the log, or let the policy go on without it",
      );
    case "backup-failed":
      return say(
        `the backup before the update failed (${problem.how}), and nothing is armed without it`,
        "mend what its command needs; the update stays staged, and the backup is tried again",
      );
    case "backup-invalid":
      return say(
        `the backup ${problem.file} is not restored: ${describeBackupDoubt(problem)}`,
        "find out who changed it; bring back the file that was saved, or set the device up without it",
      );
    case "backup-timed-out":
      return say(
        `the backup before the update took too long (${problem.how}), and nothing is armed without it`,
        "allow it more time, or let it save less; the update stays staged, and the backup is tried again",
      );
    case "verifier-self-test-failed":
      return say(
        `the verifier gives wrong answers to its self-test (${problem.wrong} of ${problem.asked}, first: ${problem.name}), and nothing that it accepts counts`,
        "install the device's own software anew and start it again; if it repeats, replace the hardware (sumac device check shows the cases)",
      );
    case "override-unreadable":
      return say(
        "the override is not of the form that is written, or lies in a file that others may write",
        "give it anew: sumac device override",
      );
    case "override-not-allowed":
      return say(
        `the configuration does not let ${problem.by} override anything`,
        "have it given by somebody whom override.by of the configuration names",
      );
    case "override-too-long":
      return say(
        `the override is for ${duration(Number(problem.seconds) * 1000)}, the configuration allows ${duration(Number(problem.longest) * 1000)}`,
        "give it for a shorter time",
      );
    case "override-time-unknown":
      return say(
        "the device has no time that it trusts, and an override without an end does not count",
        "set the device's clock right; see its event log for why it is not believed",
      );
    case "override-not-begun":
      return say(
        `the override begins at ${problem.from}, and it is ${problem.now} (seconds since 1970)`,
        "compare the clocks of the device and of the machine where it was given",
      );
    case "override-expired":
      return say("the time of the override is over", "give another one, if it is still needed");
    case "override-spent":
      return say("the override was used: it is for one restart", "give another one, if it is still needed");
    case "override-ledger-damaged":
      return say(
        "the file overrides in the device's folder cannot be read or written, and says which overrides were used",
        "find out who changed it; removing it gives back what was used and is not over yet",
      );
    case "components-incomplete":
      return say(
        `the release leaves out components of the device: ${names(problem.missing)}`,
        "release all components of the device together, in one manifest",
      );
    case "components-mixed":
      return say(
        "the manifest mixes components that are updated apart: the release, the recovery image, the trust record",
        "make one manifest for each of them",
      );
    case "components-misfit":
      return say(
        `the device was provisioned with ${names(problem.device)}, its slots are for ${names(problem.slots)}`,
        "set up the slots for the components of the device, in the same order",
      );
    case "already-provisioned":
      return say("the device is provisioned already", "update it instead; a device is provisioned once in its life");
    case "state-unusable":
      return say(
        "the device's stored state is damaged, and provisioning over it would forget the floor",
        "erase the flash at the factory, where the device is provisioned anew",
      );
    case "state-too-large":
      return say(
        `the device's state needs ${problem.excess} bytes more than the ${problem.capacity} there are for it`,
        "give the state more room, or provision a smaller trust record",
      );
    case "state-unreadable":
      return say(
        problem.because === "no-valid-copy"
          ? "no copy of the device's stored state can be read"
          : "the newest stored state cannot be read, and an older one is not believed",
        "bring the device back to the factory state; if it repeats, the flash is worn out",
      );
    case "state-malformed":
      return say(
        `the device's stored state is not of a known form: ${problem.problem.field} (${problem.problem.reason})`,
        "start the software version that wrote it, or bring the device back to the factory state",
      );
    case "trust-record-refused":
      return say(
        `the ${problem.part}'s part of the trust record cannot be used: ${explainTrustRecord(problem.problem).problem}`,
        "make a sound record and sign it again; a device that was provisioned with this one goes back to the factory",
      );
    case "trust-part-absent":
      return say(
        `the device has no ${problem.part}'s part of the trust record that could be replaced`,
        "set the first one on site, at the device itself",
      );
    case "trust-not-updatable":
      return say(
        `the ${problem.part}'s part of the trust record names no root keys`,
        "nobody may replace it; provision devices with a root role",
      );
    case "trust-record-too-large":
      return say(
        `the trust record has ${problem.size} bytes, the device has room for ${problem.limit}`,
        "name fewer keys, or smaller ones",
      );
    case "trust-new-root-refused":
      return say(
        `the root keys of the new record have not signed it: ${explainRejection(problem.because).problem}`,
        "have them sign as well, which shows that somebody holds them",
      );
    case "trust-update-strands-device":
      return say(
        `under the new record the image in slot ${problem.slot} could not boot: ${explainRejection(problem.because).problem}`,
        "first install a release that the new record accepts and have it confirmed, then send the record again",
      );
    case "already-owned":
      return say(
        "the device has an owner's part of the trust record already",
        "replace it with a trust update that its root keys have signed",
      );
    case "time-goes-back":
      return say(
        `the time ${problem.offered} is earlier than ${problem.kept}, which is known to be over (seconds since 1970)`,
        "give the right time; what is known of it is never taken back",
      );
    case "no-usable-slot":
      return say(
        `no slot holds an image that may run: ${slotCodes(problem.slots)}`,
        "bring a signed release onto the device in recovery; nothing unverified runs instead",
      );
    case "slot-empty":
      return say("the slot is empty", "install a release");
    case "slot-unsealed":
      return say("the slot holds an unfinished download", "let the agent finish it");
    case "slot-damaged":
      return say("the slot's contents are damaged", "install the release again");
    case "slot-unreadable":
      return say(`the slot cannot be read (${problem.fault})`, "check the storage the flash lies on");
    default:
      return explainRejection(problem satisfies Rejection);
  }
}

/** What a fault of the world means, and what to do. */
export function explainFault(code: UnavailableCode): Explanation {
  return faults[code];
}

const duration = (ms: number): string => {
  const minutes = Math.ceil(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
};

const names = (components: readonly ComponentId[]): string => components.map(componentName).join(", ");

const slotCodes = (slots: SlotProblems): string =>
  Object.entries(slots)
    .map(([slot, { code }]) => `${slot} ${code}`)
    .join(", ");

const say = (problem: string, remedy: string): Explanation => ({ problem, remedy });

const again = "it is tried again by itself; if it lasts, ask the server's operator";
const faults: Readonly<Record<UnavailableCode, Explanation>> = {
  "server-unreachable": say(
    "the update server cannot be reached",
    "check the address, the network and that the server runs",
  ),
  "tls-refused": say(
    "one side did not accept the other's certificate",
    "check the configured authority and client certificate, and that the clock is right",
  ),
  "link-lost": say("the connection broke off", again),
  "timed-out": say("the update server did not answer in time", again),
  stalled: say("the update server sends too slowly", again),
  aborted: say("the request was ended from this side", "start it again when it is wanted"),
  "not-authorised": say("the update server does not accept this device", "check the device's id and token"),
  "not-found": say("the update server does not know the resource", "check the tenant and the device's id"),
  gone: say("the update server has closed the action", "nothing is left to do for it"),
  "too-many-requests": say("the update server asks for fewer requests", "it is tried again later by itself"),
  "server-error": say("the update server failed", again),
  "unexpected-status": say(
    "the update server answered with a status that the protocol does not have",
    "check the address",
  ),
  "redirect-refused": say(
    "the update server redirects to another place, where the device's token must not go",
    "configure the address that the server redirects to, if it is right",
  ),
  "foreign-link": say(
    "the update server names an address outside itself",
    "correct the server's public address; the device follows links to its own server only",
  ),
  "malformed-answer": say(
    "the update server's answer is not what the protocol says",
    "check the address and the server's version",
  ),
  "answer-too-large": say(
    "the update server's answer is longer than any valid one",
    "check the address and the server's version",
  ),
  "artifact-changed": say(
    "the artifact changed while it was fetched, or is not what was announced",
    "publish changed files as a new release; an address keeps its bytes for ever",
  ),
  "artifact-too-long": say(
    "the artifact is longer than announced",
    "check what stands between the device and the server; if it repeats, treat the channel as hostile",
  ),
  "range-refused": say("the update server cannot continue a download", "serve artifacts with byte ranges"),
  "artifact-missing": say(
    "the deployment has no artifact of the name that is needed",
    "publish the payload under the URI in the manifest, and the envelope as manifest.suit",
  ),
  "notice-not-delivered": say(
    "a notice of the integrity check could not be delivered",
    "check the configured file, program or syslog address; the finding stands in the event log",
  ),
  "storage-failed": say(
    "the device's storage failed",
    "check space, permissions and health of the disk with the flash file",
  ),
  "storage-mismatch": say("the flash file belongs to a device of another size", "name the right file, or a new one"),
  "storage-full": say("there is not enough space for the update", "make space on the device's disk, then try again"),
  "storage-locked": say("another process works on the device's folder", "stop the other process, or wait for its end"),
  "storage-foreign": say(
    "something stands in the device's folder that this software has not put there",
    "find out who did; give the folder to the device's user alone, without links, pipes or other users' files",
  ),
  "installer-failed": say("the installer did not carry the update out", "read its output in the device's folder"),
  "installer-timed-out": say(
    "the installer took longer than it may, and was ended",
    "read its output in the device's folder; allow it more time if that is what it needs",
  ),
};
