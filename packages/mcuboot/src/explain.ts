import type { ImageInputRefusal } from "./build-image.ts";
import type { ImageField, ImageRefusal, MalformedImage, MalformedImageReason } from "./refusal.ts";

/** What a person needs to know of a refusal: one sentence each, no capital, no full stop. */
export interface ImageExplanation {
  readonly problem: string;
  readonly remedy: string;
}

/** The one place with sentences about images. A new code without a case here does not compile. */
export function explainImage(refusal: ImageRefusal | ImageInputRefusal): ImageExplanation {
  switch (refusal.code) {
    case "too-large":
      return say(
        `the file has ${refusal.size} bytes, the limit is ${refusal.limit}`,
        "check that it is an image; a full dump of a flash is not one",
      );
    case "malformed-image":
      return say(
        `the file is no valid MCUboot image: ${malformedSentence(refusal)}`,
        refusal.field === "header" && refusal.reason === "wrong-magic"
          ? "sign the build first: sumac mcuboot sign"
          : "copy the file again; if it is broken at its source too, sign the build again",
      );
    case "encrypted-image":
      return say(
        "the image is encrypted, and its digest is one of the plaintext: it cannot be verified without the key",
        "verify the image before it is encrypted",
      );
    case "tlv-not-protected":
      return say(
        `the TLV of type 0x${hex(refusal.type)} (${words(refusal.tlv)}) at offset ${refusal.offset} stands outside the signed area, where anybody can write it`,
        "treat the file as tampered with, or sign the build again with a tool that protects it; boot loaders refuse it too",
      );
    case "digest-missing":
      return say("the image carries no digest", "sign the build again with a current tool");
    case "signature-missing":
      return say("the image is not signed", "sign the build: sumac mcuboot sign");
    case "unsupported-signature":
      return say(
        `the signature at offset ${refusal.offset} is of type 0x${hex(refusal.type)}, which is not checked here`,
        "sign with Ed25519 or ECDSA P-256",
      );
    case "signer-unknown":
      return say(
        refusal.keyHashes.length === 0
          ? "the signature names no key"
          : `no trusted key has the hash ${refusal.keyHashes.join(" or ")}`,
        "check that this is the vendor's public key; a device with this key will not boot the image",
      );
    case "algorithm-not-allowed":
      return say(
        `the signature at offset ${refusal.offset} is not one that a key for ${refusal.scheme} makes`,
        "sign the build again with that key",
      );
    case "digest-mismatch":
      return say(
        `the image was changed: its digest is ${refusal.computed}, the stored one ${refusal.claimed}`,
        "copy the file again; if it repeats, treat it as tampered with",
      );
    case "signature-invalid":
      return say(
        `the signature under the key hash ${refusal.keyHash} does not match the image`,
        "copy the file again; if it repeats, treat it as tampered with",
      );
    case "security-counter-missing":
      return say(
        "the image has no security counter, and the device demands one",
        "sign the build again with --security-counter",
      );
    case "rollback":
      return say(
        `the security counter ${refusal.offered} is lower than the device's ${refusal.floor}`,
        "to go back on purpose, sign the old build again under a counter that is not lower",
      );
    case "image-too-large":
      return say(
        `the image needs ${refusal.size} bytes, there are ${refusal.limit}`,
        "make the build smaller; the slot keeps its end for the boot loader's trailer",
      );
    case "payload-empty":
      return say("there is nothing in the payload to sign", "name the raw binary of the build");
    case "already-an-image":
      return say(
        "the payload is an MCUboot image already",
        "name the binary as it was before signing, or verify it: sumac mcuboot verify",
      );
    case "header-space-used":
      return say(
        `the room for the header is in use at offset ${refusal.offset}`,
        "leave --header-reserved away: then the header goes before the payload",
      );
    case "number-out-of-range":
      return say(
        `${words(refusal.field)} is ${refusal.value}, and must be a whole number ${refusal.value > refusal.limit ? "up to" : "from"} ${refusal.limit}`,
        "choose a number that fits the field",
      );
    case "tlv-not-for-vendors":
      return say(
        `the TLV type 0x${hex(refusal.type)} is not one for vendors`,
        "use a type whose last byte is a0 to fe",
      );
    case "algorithm-not-possible":
      return say(
        `a key for ${refusal.scheme} cannot sign the ${refusal.kind === "pure" ? "image itself" : "digest of an image"} in this way`,
        "use Ed25519, or ECDSA P-256 over a SHA-256 digest",
      );
    case "slot-needed":
      return say("padding fills a slot, and no size of one is given", "give --slot-size");
  }
}

/** In words for people: `field at offset N (reason)`. */
const malformedSentence = ({ field, offset, reason }: MalformedImage): string =>
  `${fieldWords[field]} at offset ${offset} (${reasonWords[reason]})`;

const fieldWords: Readonly<Record<ImageField, string>> = {
  header: "header",
  "header-size": "length of the header",
  "image-size": "length of the payload",
  "protected-size": "length of the protected TLVs",
  payload: "payload",
  "protected-tlvs": "protected TLVs",
  tlvs: "TLVs",
  "security-counter": "security counter",
  dependency: "dependency",
  "signature-pure": "mark of a pure signature",
  padding: "padding",
};

const reasonWords: Readonly<Record<MalformedImageReason, string>> = {
  truncated: "the file ends too early",
  "wrong-magic": "it begins with other bytes than it must",
  "wrong-value": "a number that cannot be right",
  overrun: "a length leads beyond the end",
  repeated: "it stands twice",
  "trailing-bytes": "bytes behind the image that are no padding of a slot",
};

const say = (problem: string, remedy: string): ImageExplanation => ({ problem, remedy });
const words = (name: string): string => name.replaceAll(/[-.]/g, " ");
const hex = (number: number): string => number.toString(16).padStart(2, "0");
