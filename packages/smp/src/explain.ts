import type { UploadFailure } from "./chunk-upload.ts";
import { commandName } from "./command-name.ts";
import { explainDeviceError } from "./explain-device-error.ts";
import type { Explanation } from "./explanation.ts";
import type { LinkFault } from "./link.ts";
import type { RequestFailure } from "./smp-client.ts";
import type { LogFailure, ReportFailure } from "./sumac-client.ts";
import type { CommandFailure } from "./typed-request.ts";
import type { UploadTargetRefusal } from "./upload-target.ts";

/** Everything that can go wrong on a line that stands. */
export type SmpFailure = CommandFailure | UploadFailure | UploadTargetRefusal | ReportFailure | LogFailure;

/** What the failure itself cannot know. */
export interface LineSettings {
  /** Bits per second, where the line has a rate. */
  readonly baud?: number;
}

/** The one place with sentences about the line. A new code without a case here does not compile. */
export function explainSmp(failure: SmpFailure, settings: LineSettings = {}): Explanation {
  switch (failure.code) {
    case "device-error":
      return explainDeviceError(failure);
    case "no-answer":
      return explainSilence(failure, settings);
    case "malformed-body":
      return say(
        `the device answered with something that is no SMP (${words(failure.reason)})`,
        "check that the device speaks SMP on this port, and that nothing else uses it",
      );
    case "unexpected-answer":
      return say(
        `the answer to ${commandName(failure.group, failure.command)} has no usable ${failure.field}`,
        "update sumac or the firmware of the device: one of them does not keep to the protocol",
      );
    case "cancelled":
      return say("cancelled", "the device goes on as it was; start again whenever you like");
    case "upload-stuck":
      return say(
        `the device answers and takes no more bytes; it stays at offset ${failure.offset}`,
        "restart the device and send it again; if it repeats, the file does not fit or the flash is faulty",
      );
    case "offset-beyond":
      return say(
        `the device claims to have ${failure.offset} bytes, and was sent ${failure.sent}`,
        "restart the device and send it again; nothing of what it has now can be relied on",
      );
    case "upload-restarted":
      return say(
        `the device forgot the upload ${failure.restarts} times`,
        "check its power supply: a device that restarts again and again forgets what it was sent",
      );
    case "answer-without-offset":
      return say(
        "the device answered an upload without saying how far it is",
        "update the firmware of the device: it does not keep to the protocol",
      );
    case "slots-not-told":
      return say(
        "the device does not say which slots it has, so the upload might overwrite the image that runs",
        "nothing was sent; to overwrite what runs, from which there is no way back, ask for that: --overwrite-what-runs",
      );
    case "slot-absent":
      return say(
        `the device has no slot ${failure.slot} for image ${failure.image}`,
        "list what it has: sumac device list; a device with one slot can only be overwritten, which has to be asked for",
      );
    case "slot-not-writable":
      return say(
        `the device takes no upload for slot ${failure.slot} of image ${failure.image}`,
        "list what it has: sumac device list",
      );
    case "image-too-large":
      return say(
        `the image has ${failure.size} bytes, and the device has room for ${failure.limit}`,
        "check that it is the image for this device; nothing was sent",
      );
    case "report-changed":
      return say("the device changed its report while it was read", "read it again");
    case "report-too-long":
      return say(
        `the report is said to have ${failure.size} bytes, the limit is ${failure.limit}`,
        "treat the device as faulty: no report is that long",
      );
    case "log-too-long":
      return say(
        `the entries of the log take more than ${failure.limit} bytes`,
        "ask for fewer of them, by the number of the last one that is known; if a few are that long, treat the device as faulty",
      );
  }
}

type Silence = Extract<RequestFailure, { code: "no-answer" }>;

/** A time-out carries no reason: what was tried, what was heard, and what that usually means. */
function explainSilence(
  { sent, milliseconds, framing, messageLength, heard }: Silence,
  { baud }: LineSettings,
): Explanation {
  const rate = baud === undefined ? "" : ` at ${baud} baud`;
  const tried = `${sent} ${sent === 1 ? "request" : "requests"} of ${messageLength} bytes in ${framing} framing${rate}, ${(milliseconds / 1000).toFixed(1)} s`;
  return say(`no answer: ${tried}; ${heardWords[heard]}`, causes[heard]);
}

const heardWords: Readonly<Record<Silence["heard"], string>> = {
  nothing: "nothing was heard at all",
  "no-lines": "bytes were heard that make neither lines nor answers",
  noise: "text was heard, and no answer in it",
  "damaged-frames": "answers were heard that were damaged",
  "other-answers": "only answers to other requests were heard",
};

const causes: Readonly<Record<Silence["heard"], string>> = {
  nothing:
    "check that the device is on and in its update mode, cable and port, the rate, flow control (it must be off), and the framing; long messages can be too long for its buffer",
  "no-lines":
    "check the rate first: at another one than the device's everything is noise; then the framing, and the cable",
  noise:
    "check that the device is in its update mode, the framing, and the rate if a terminal program shows no readable text; long messages can be too long for its buffer",
  "damaged-frames": "check the rate, cable and ground; a slower rate or a shorter cable may help",
  "other-answers": "check that no other program talks to the device over this port",
};

/** `port-*` faults come from opening a port. */
export function explainLinkFault({ code, facts }: LinkFault): Explanation {
  const { path = "the port", detail } = facts;
  switch (code) {
    case "port-absent":
      return say(
        `there is no port ${path}${detail === undefined ? "" : ` (${detail})`}`,
        "plug the adapter in and look which name it gets; the device itself may have to be switched on first",
      );
    case "port-busy":
      return say(`${path} is in use by another program`, "close terminal programs and modem managers that hold it");
    case "port-denied":
      return explainDenied(path, facts);
    case "port-failed":
      return say(
        `${path} failed${detail === undefined ? "" : `: ${detail}`}`,
        "check that it is a serial port, plug the adapter in again, and try a standard rate",
      );
    case "link-closed":
      return say(
        "the line is gone: it was closed at the other end, or the cable was pulled",
        "connect it again and repeat the command; an upload goes on where the device says",
      );
    case "link-stalled":
      return say(
        "nothing can be sent: the other end takes no bytes",
        "switch flow control off, and check that somebody reads at the other end",
      );
  }
}

function explainDenied(path: string, { group, owner }: LinkFault["facts"]): Explanation {
  if (group !== undefined) {
    return say(
      `${path} may only be opened by members of the group ${group}`,
      `join it: sudo usermod -aG ${group} "$USER", then log in again`,
    );
  }
  if (owner !== undefined) {
    return say(
      `${path} may only be opened by its owner, ${owner}`,
      `have a udev rule give it to a group that you are in (GROUP="dialout", MODE="0660"), or run the command as ${owner}`,
    );
  }
  return say(`${path} may not be opened by you`, "ask whoever administers this computer for access to serial ports");
}

const say = (problem: string, remedy: string): Explanation => ({ problem, remedy });
const words = (name: string): string => name.replaceAll("-", " ");
