import { commandName } from "./command-name.ts";
import type { Explanation } from "./explanation.ts";
import type { ImageResult, OsResult, SmpResult } from "./labels.ts";
import type { DeviceError } from "./reply.ts";
import type { SumacResult } from "./sumac-labels.ts";

type Refused = Exclude<SmpResult | OsResult | ImageResult | SumacResult, "ok">;

const startAnew = "restart the device and try again";
const buildAgain = "check that the file is a signed image for this device: sumac mcuboot inspect";
const flashFault = "restart the device and try again; if it repeats, its flash is worn out or not set up for updates";
const refusedUpdate = "ask for its verdict, which says why: sumac device info";

/** What to do about each answer that has a name. A new name without advice does not compile. */
const advice: Readonly<Record<Refused, string>> = {
  unknown: "read the device's own log; it says no more than that",
  "no-memory": "send smaller messages, or restart the device and try again",
  "invalid-value":
    "check that the file fits the slot and that the number of the slot is right; some devices say this of an upload they have lost",
  "timed-out": "try again; the device itself waited for something in vain",
  "no-entry": "list what is there: sumac device list",
  "bad-state": "list what is there: an update may be under way, on trial or already confirmed; a restart may be due",
  "message-too-large": "send smaller messages",
  "not-supported": "the firmware of the device was built without this command",
  corrupt: "send it again; if it repeats, check the cable and the file",
  busy: "wait a moment and try again",
  "access-denied": "the device allows this only in another mode: see its manual",
  "unsupported-too-old": "update sumac, or use an older command for this device",
  "unsupported-too-new": "update the boot loader or the firmware of the device",
  "invalid-format": "check the format of what was asked for",
  "query-yields-no-answer": "the boot loader does not know this question",
  "clock-not-set": "set the clock of the device first",
  "clock-command-failed": "check the clock of the device and its battery",
  "query-response-not-valid": "the device misread its own boot loader: update its firmware",
  "flash-configuration-query-failed": flashFault,
  "no-image": "upload an image first",
  "no-tlvs": buildAgain,
  "invalid-tlv": buildAgain,
  "several-hashes": buildAgain,
  "invalid-tlv-size": buildAgain,
  "hash-not-found": "list what is there: an image that the boot loader refuses is not listed",
  "no-free-slot": "confirm or erase what lies in the other slot first",
  "flash-open-failed": flashFault,
  "flash-read-failed": flashFault,
  "flash-write-failed": flashFault,
  "flash-erase-failed": flashFault,
  "invalid-slot": "list the slots of the device: sumac device list",
  "no-free-memory": startAnew,
  "flash-context-already-set": startAnew,
  "flash-context-not-set": startAnew,
  "no-flash-device": flashFault,
  "invalid-page-offset": "report this: an upload was not aligned to the pages of the flash",
  "invalid-offset": "start the upload from the beginning",
  "invalid-length": "check that the file is whole",
  "invalid-image-header": buildAgain,
  "invalid-image-magic": buildAgain,
  "invalid-hash": "name the hash that the device lists, not that of the file",
  "invalid-flash-address": "check that the image was linked for this slot",
  "version-not-readable": buildAgain,
  "current-version-is-newer": "the device does not go back to older versions; sign a newer one",
  "image-already-pending": "restart the device, or erase what waits in the other slot",
  "invalid-vector-table": "check that the image was linked for this slot",
  "image-too-large": "make the image smaller, or use the image for this device",
  "image-data-overrun": "check that the file is the one whose length was announced, and start from the beginning",
  "confirmation-denied": "the firmware does not want to stay as it is: read the device's own log",
  "test-of-active-slot-denied": "this image runs already: confirm it instead",
  "malformed-request": "update sumac: the device does not understand what was sent",
  "too-large": "use the envelope and the payload for this device",
  "not-expected": refusedUpdate,
  "not-now": refusedUpdate,
  "nothing-there": "there is none yet; it is made when an update is through",
  "storage-failed": flashFault,
};

const isNamed = (name: string): name is Refused => name in advice;

/** Never a bare number: the group's word for it, which command it was, and what to do. */
export function explainDeviceError({ group, command, number, name, reason }: DeviceError): Explanation {
  const said = reason === undefined || reason === "" ? "" : ` (it says "${reason}")`;
  const refused = `the device refused ${commandName(group, command)}`;
  if (name !== undefined && isNamed(name)) {
    return { problem: `${refused}: ${name.replaceAll("-", " ")}${said}`, remedy: advice[name] };
  }
  const whose = name === "user-defined" ? "an error of its vendor's own" : "an error that has no name";
  return {
    problem: `${refused} with ${whose}, number ${number}${said}`,
    remedy: "look the number up in the manual of the device",
  };
}
