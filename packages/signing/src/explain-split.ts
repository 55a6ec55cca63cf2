import { bytesToHex } from "@sumac/crypto";
import type { InconsistentEnvelope } from "./envelope-consistency.ts";
import { contentName } from "./recognise-content.ts";
import type { RolesFlaw, SplitFile, SplitRefusal } from "./split-refusal.ts";
import { say, type Words } from "./words.ts";

type OwnRefusal = Exclude<SplitRefusal, InconsistentEnvelope | { code: "envelope-too-large" }>;

const roleFlaws: Readonly<Record<RolesFlaw, string>> = {
  "no-role": "nobody is asked to sign",
  "no-key": "it has no key",
  "key-twice": "it has the same key twice, and a key counts once",
  "role-twice": "there are two roles of this name",
  threshold: "its threshold is not between 1 and the number of its keys",
  name: "a name in it is no plain text of 1 to 64 characters",
  "too-many": "it makes more than 64 keys",
};

const files: Readonly<Record<SplitFile, string>> = {
  "signing-request": "a signing request",
  "envelope-signature": "a signature file",
};

const makers: Readonly<Record<SplitFile, string>> = {
  "signing-request": "give the file that `sumac release prepare` wrote",
  "envelope-signature": "give the files that `sumac release sign` wrote for this request",
};

const fileName = (found: Extract<OwnRefusal, { code: "split-file-wrong" }>["found"]): string =>
  found === "signing-request" || found === "envelope-signature" ? files[found] : contentName(found);

export const splitWords: Words<OwnRefusal> = {
  "request-roles-invalid": ({ reason, role }) =>
    say(
      `the role ${JSON.stringify(role)} cannot be asked to sign: ${roleFlaws[reason]}`,
      "give each public key once, and a threshold that they can reach",
    ),
  "split-file-wrong": ({ wanted, found, file }) =>
    say(`${file} is no ${files[wanted].slice(2)}; it looks like ${fileName(found)}`, makers[wanted]),
  "split-file-malformed": ({ wanted, field, file }) =>
    say(
      `${file} is ${files[wanted]} that was cut or altered: ${field} is not as it should be`,
      "have it sent again as an attachment, not as text in a message",
    ),
  "request-altered": ({ member }) =>
    say(
      `the signing request was altered: its ${JSON.stringify(member)} does not belong to its envelope and keys`,
      "sign nothing; ask whoever prepared it for the original, and find out who changed this one",
    ),
  "signer-not-asked": ({ keyId }) =>
    say(
      `the key ${bytesToHex(keyId)} is not one of those that the request asks`,
      "sign with the key that is listed, or have the request prepared again with this one",
    ),
  "signature-other-request": ({ file, sameRelease }) =>
    say(
      sameRelease === "yes"
        ? `${file} was made for another request of the same release`
        : `${file} is a signature of another release`,
      "have the request that you combine signed, and no other",
    ),
  "signature-by-stranger": ({ file, keyId }) =>
    say(
      `${file} was made by ${bytesToHex(keyId)}, a key that the request does not ask`,
      "leave it out; find out whose key it is",
    ),
  "signature-twice": ({ file, keyId }) =>
    say(
      file === undefined
        ? `the key ${bytesToHex(keyId)} has signed this release already`
        : `${file} is a second signature by ${bytesToHex(keyId)}, and a key counts once`,
      file === undefined ? "nothing is left to do with this key" : "leave it out",
    ),
  "signature-unverified": ({ file, keyId }) =>
    say(
      `the signature in ${file} does not verify under the key ${bytesToHex(keyId)}`,
      "have its holder sign the request again, and compare how the file was sent",
    ),
  "signatures-missing": ({ role, have, need, keyIds }) =>
    say(
      `the role ${role} has ${have} of ${need} signatures; not signed yet: ${keyIds.map(bytesToHex).join(", ")}`,
      "have more of these keys sign the request; `sumac release status` shows who is missing",
    ),
};
