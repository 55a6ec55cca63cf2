import { httpStatus, type Refusal } from "./refusal.ts";
import { explainRepository } from "./repository/explain-repository.ts";
import { type UnavailableCode, unavailableCodes } from "./unavailable.ts";

/** What a person needs to know: one sentence each, no capital, no full stop. */
export interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

/** A fault of the server's side, as it stands in an answer or in a thrown `Unavailable`. */
export interface Fault {
  readonly code: UnavailableCode;
}

/** Reads the JSON body of an answer of the publish API that is no success; undefined if it is nobody's we know. */
export function readAnswer(body: unknown): Refusal | Fault | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { code, refused, ...facts } = body as { readonly code?: unknown; readonly refused?: unknown };
  if (typeof code !== "string") return undefined;
  if (refused === "envelope") return { code: "envelope-refused", refusal: { ...facts, code } };
  if (refused === "repository") return { code: "repository-refused", refusal: { ...facts, code } };
  if (Object.hasOwn(httpStatus, code)) return { ...facts, code } as Refusal;
  const fault = unavailableCodes.find((known) => known === code);
  return fault === undefined ? undefined : { code: fault };
}

/** The one place with sentences. A new code without a case here does not compile. */
export function explain(reason: Refusal | Fault): Explanation {
  switch (reason.code) {
    case "bad-request":
      return say("the server could not read the request", "check that the address is that of a Sumac server");
    case "invalid-body":
      return say(`the request is not valid in field ${reason.field}`, "use a client of the same version as the server");
    case "invalid-parameter":
      return say(`the parameter ${reason.parameter} is not valid`, "use a client of the same version as the server");
    case "unauthorized":
      return say(
        "the server does not accept the token",
        "pass a token that was created for this server and not revoked",
      );
    case "role-missing":
      return say(`the token may not do this; it needs the role ${reason.need}`, "use a token with that role");
    case "not-found":
      return say("the server has no such thing", "check the address and the number or name");
    case "gone":
      return say("the action is closed", "nothing has to be done; the report was kept");
    case "length-required":
      return say("the upload did not say how long it is", "send Content-Length");
    case "too-large":
      return say(
        `it is larger than the server takes (${reason.limit} bytes)`,
        "raise the server's limit, or send less",
      );
    case "unsupported-media-type":
      return say("the server reads JSON here", "send Content-Type: application/json");
    case "too-many-requests":
      return say("too many requests from this address", "wait a second and try again");
    case "too-many-uploads":
      return say("too many uploads at once", "wait for others to finish and try again");
    case "length-mismatch":
      return say(
        `the upload has ${reason.received} bytes, ${reason.expected} were announced`,
        "check that nothing writes to the file, and send it again",
      );
    case "digest-mismatch":
      return say(
        `the uploaded bytes have digest ${reason.computed}, announced was ${reason.expected}`,
        "check that nothing writes to the file, and send it again",
      );
    case "envelope-refused":
      return say(
        `the server does not accept the envelope: ${reason.refusal.code}`,
        "run `sumac verify` with the server's keys to see the reason in full",
      );
    case "repository-refused":
      return (
        explainRepository(reason.refusal) ??
        say(
          `the server does not publish the role files: ${reason.refusal.code}`,
          "use a client of the same version as the server to see the reason in full",
        )
      );
    case "payload-uri-unsafe":
      return say(
        `the payload URI ${reason.uri} cannot become a download name`,
        "use letters, digits, dots, hyphens and underscores, as in sha256-<hex>.bin, and build again",
      );
    case "payload-missing":
      return say(`the manifest fetches ${reason.uri}, and nothing was given for it`, "pass the file for this URI too");
    case "payload-unknown":
      return say(
        `the manifest does not fetch ${reason.uri}`,
        "leave it out, or check that the envelope is the right one",
      );
    case "payload-digest-mismatch":
      return say(
        `the file for ${reason.uri} is not the one that was signed`,
        "pass the image that the release was built from",
      );
    case "payload-size-mismatch":
      return say(
        `the file for ${reason.uri} has ${reason.found} bytes, signed are ${reason.expected}`,
        "pass the image that the release was built from",
      );
    case "blob-missing":
      return say(`the file for ${reason.uri} is not on the server`, "upload it first");
    case "sequence-reused":
      return say(
        `sequence ${reason.sequence} is taken by another release (${reason.release})`,
        "raise the sequence number, build and sign again",
      );
    case "rollback":
      return say(
        `sequence ${reason.offered} is below the newest release, ${reason.newest}`,
        "raise the sequence number, build and sign again, even around an older image",
      );
    case "manifest-already-published":
      return say(
        `release ${reason.release} has the same manifest in another envelope`,
        "nothing has to be done, unless signatures were added: then publish the complete envelope first",
      );
    case "attachment-exists":
      return say(
        `the release has another ${reason.name} already`,
        "what was published stays; publish a new release if it is wrong",
      );
    case "device-exists":
      return say(`there is a device ${reason.controllerId} already`, "choose another id, or give it a new token");
    case "action-closed":
      return say(`the action has ended (${reason.state})`, "nothing is left to cancel");
    case "action-open":
      return say(`the action is still going on (${reason.state})`, "wait for it to end, or cancel it");
    case "already-installed":
      return say(
        "the device has installed the release and waits for its restart",
        "let it start; if it never will, give the action up",
      );
    case "too-many-attributes":
      return say(`a device has at most ${reason.limit} attributes`, "report fewer");
    case "precondition-failed":
      return say("the file has another digest than the request names", "ask for it without If-Match");
    case "range-not-satisfiable":
      return say("the file ends before the wanted part", "the download is complete, or belongs to another file");
    default:
      return explainFault(reason.code);
  }
}

function explainFault(code: UnavailableCode): Explanation {
  switch (code) {
    case "disk-full":
      return say("the server's disk is full", "make room in its data directory and try again");
    case "storage-failed":
      return say("the server's data directory cannot be used", "check its permissions and the disk");
    case "blob-damaged":
      return say(
        "a published file is missing from the data directory, or cut",
        "publish the file again, or restore it",
      );
    case "database-failed":
      return say("the server's database failed", "check the disk; restore a backup if the file is damaged");
    case "database-too-new":
      return say("the data directory was written by a newer version", "use that version, or a backup from before");
    case "data-directory-in-use":
      return say("another server uses this data directory", "stop it, or choose another directory");
    case "repository-damaged":
      return say(
        "the signed tree in the data directory is not as it was published",
        "restore the folder tuf from a backup, or empty it and publish the repository again",
      );
    case "online-key-offline-role":
      return say(
        "a key that the server was given is listed for root, targets or a product line",
        "give the server keys for snapshot and timestamp alone; who takes the server must not be able to release",
      );
    case "address-unavailable":
      return say("the server cannot listen on this host and port", "choose another port, or stop what listens there");
  }
}

const say = (problem: string, remedy: string): Explanation => ({ problem, remedy });
