import { type Explanation, explain as explainRejection, type Rejection } from "@sumac/verifier";
import type { RecoveryReason } from "./boot-device.ts";
import type { DeviceRefusal } from "./device.ts";
import type { ProvisionRefusal } from "./provision.ts";
import type { SlotProblem } from "./slot-check.ts";
import type { UnavailableCode } from "./unavailable.ts";

/** Every answer of a device that is not the one hoped for. */
export type DeviceProblem = DeviceRefusal | ProvisionRefusal | SlotProblem | RecoveryReason;

/** The one place with sentences about them; a code without a case does not compile. */
export function explainDevice(problem: DeviceProblem): Explanation {
  switch (problem.code) {
    case "trial-running":
      return say(
        "an image is on trial, and the other slot holds the way back",
        "wait until the trial is confirmed or has gone back",
      );
    case "already-provisioned":
      return say("the device is provisioned already", "update it instead; a device is provisioned once in its life");
    case "state-unusable":
      return say(
        "the device's stored state is damaged, and provisioning over it would forget the floor",
        "erase the flash at the factory, where the device is provisioned anew",
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
        `the device's trust record cannot be used (${problem.problem.code})`,
        "provision the device with a sound trust record",
      );
    case "no-usable-slot":
      return say(
        `neither slot holds an image that may run: a ${problem.slots.a.code}, b ${problem.slots.b.code}`,
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
  "storage-failed": say(
    "the device's storage failed",
    "check space, permissions and health of the disk with the flash file",
  ),
  "storage-mismatch": say("the flash file belongs to a device of another size", "name the right file, or a new one"),
};
