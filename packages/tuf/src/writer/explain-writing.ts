import type { Explanation } from "../explain.ts";
import type { MissingSignatures, WriterRefusal } from "./writer-refusal.ts";

/** The one place with sentences for what a writer refuses. A new code without a case here does not compile. */
export function explainWriting(refusal: WriterRefusal): Explanation {
  switch (refusal.code) {
    case "name-not-writable":
      return say(
        `${refusal.name} is no name that every client reads alike for a ${refusal.what}`,
        "use lower-case letters, digits, dots and hyphens; begin with a letter or digit",
      );
    case "key-repeated":
      return say(
        `${key(refusal.keyId)} is listed twice for ${refusal.role}`,
        "give each key once: one holder must not sign as two",
      );
    case "key-type-not-written":
      return say(
        `a key of ${refusal.role} is ${refusal.scheme}, which other clients do not verify`,
        "give an Ed25519 or P-256 key; ML-DSA-65 has to be allowed by name",
      );
    case "key-present":
      return say(`${key(refusal.keyId)} is a key of ${refusal.role} already`, "leave it out of the change");
    case "key-absent":
      return say(`${key(refusal.keyId)} is no key of ${refusal.role}`, "look at the key ids with sumac repo status");
    case "threshold-unreachable":
      return say(
        `${refusal.role} would need ${refusal.threshold} signatures and have ${refusal.keys} keys`,
        "add a key in the same step, or set a threshold from 1 to the number of keys",
      );
    case "delegation-present":
      return say(`there is a role ${refusal.role} already`, "choose another name, or rotate the keys of that role");
    case "delegation-absent":
      return say(
        `there is no role ${refusal.role}; there ${refusal.known.length === 0 ? "is none" : `are ${list(refusal.known)}`}`,
        "add the product line first, and sign the new targets file",
      );
    case "delegations-overlap":
      return say(
        `${refusal.role} and ${refusal.other} would share paths of ${refusal.pattern}; the first would hide the other`,
        "narrow one of them",
      );
    case "delegation-nested":
      return say(`${refusal.role} delegates further, which is not read here`, "delegate from targets alone");
    case "role-full":
      return say(
        `${refusal.role} would list more than ${refusal.limit} releases`,
        "split the line first: sumac repo line split",
      );
    case "target-present":
      return say(
        `${refusal.path} is released already; a name never gets other content`,
        "give the release another version",
      );
    case "target-absent":
      return say(`${refusal.role} lists no ${refusal.path}`, "look at its releases with sumac repo status");
    case "target-outside-role":
      return say(`${refusal.role} may not release ${refusal.path}`, "release it in the product line it belongs to");
    case "text-not-ascii":
      return say(`${refusal.field} holds other characters than printable ASCII`, "write it in ASCII");
    case "lifetime-out-of-range":
      return say(
        `a lifetime of ${refusal.seconds} s for ${refusal.of} is outside ${refusal.least} to ${refusal.most} s`,
        "set it in repository.yaml within these bounds",
      );
    case "nothing-to-change":
      return say(`nothing would change for ${refusal.role}`, "say what to add, to remove, or the new threshold");
    case "version-exhausted":
      return say(`${refusal.role} has no version left`, "begin a new role");
    case "not-a-request":
      return say(`this is no signing request (${refusal.reason})`, "take request.json from the ceremony's folder");
    case "not-a-signature-file":
      return say(`this is no signature (${refusal.reason})`, "take the .signature.json that repo sign has written");
    case "request-altered":
      return say(
        `the request says digest ${refusal.claimed.slice(0, 16)} and holds ${refusal.computed.slice(0, 16)}: it was changed on the way`,
        "do not sign; get the request again from the repository",
      );
    case "digest-unexpected":
      return say(
        `the request has digest ${refusal.computed}, expected was ${refusal.expected}`,
        "do not sign; ask who prepared the ceremony which request is meant",
      );
    case "request-outdated":
      return say(
        `this is version ${refusal.version} of ${refusal.role}, the repository has ${refusal.current}`,
        refusal.version <= refusal.current
          ? "it is done or superseded; prepare the role again if something is left to change"
          : "bring in the version before it first",
      );
    case "draft-expired":
      return say(
        `this draft of ${refusal.role} expires ${refusal.expires}, and it is ${refusal.now} here`,
        "set the clock if it is wrong, else prepare the role again",
      );
    case "draft-lives-too-long":
      return say(
        `this draft of ${refusal.role} expires ${refusal.expires}, too far from ${refusal.now} here`,
        "set the clock of this machine or of the one that prepared it, and prepare it again",
      );
    case "signer-not-asked":
      return say(
        `nobody asks ${key(refusal.keyId)} to sign ${refusal.role}`,
        "sign with a key of the role; sumac repo status names them",
      );
    case "signature-of-other-draft":
      return say(
        `the signature by ${key(refusal.keyId)} is for draft ${refusal.found.slice(0, 16)}, not ${refusal.expected.slice(0, 16)}`,
        "take the signature file that was made from this request, or have it signed again",
      );
    case "signature-invalid":
      return say(`the signature by ${key(refusal.keyId)} for ${refusal.role} does not verify`, "have it signed again");
    case "signatures-missing":
      return say(
        `${refusal.role} still needs signatures: ${refusal.missing.map(missingWords).join("; ")}`,
        "carry the request to these people, then combine again",
      );
    case "role-not-written":
      return say(`there is no ${refusal.role} yet`, `have ${refusal.role} signed and combined first`);
    case "role-not-signed":
      return say(
        `${refusal.role} has ${refusal.have} of ${refusal.need} signatures that ${refusal.authority} asks for`,
        `its keys have changed: prepare ${refusal.role} again and have it signed`,
      );
    case "role-expired":
      return say(`${refusal.role} expired ${refusal.expires}`, `renew it: sumac repo prepare DIR ${refusal.role}`);
    case "clock-behind":
      return say(
        `it is ${refusal.now} here, and the last timestamp was signed ${refusal.issued}`,
        "set the clock of this machine: devices would take what it signs for expired",
      );
    case "key-not-of-role":
      return say(
        `no key that was given is one of ${refusal.role} (${list(refusal.keyIds.map((id) => id.slice(0, 16)))})`,
        "give its private key with --key",
      );
    case "file-not-metadata":
      return say(`${refusal.file} is no metadata (${refusal.reason})`, "restore the file from the published tree");
    case "target-file-missing":
      return say(`the file of ${refusal.path} is not in the tree`, "add the release again with its envelope");
    case "target-file-differs":
      return say(`the file of ${refusal.path} is not the one that is signed`, "restore it from the release");
  }
}

const say = (problem: string, remedy: string): Explanation => ({ problem, remedy });
const key = (id: string): string => `key ${id.slice(0, 16)}`;
const list = (names: readonly string[]): string => names.slice(0, 8).join(", ");

/** `root 1 needs 1 more of ab12.., cd34..` */
export const missingWords = ({ authority, have, need, open }: MissingSignatures): string =>
  `${authority} needs ${need - have} more of ${list(open.map((id) => id.slice(0, 16)))}`;
