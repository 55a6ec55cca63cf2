import type { EncryptPayloadRefusal } from "./encrypt-payload.ts";
import { say, type Words } from "./words.ts";

/** `image-empty` has its words among those for every image. */
export const encryptionWords: Words<Exclude<EncryptPayloadRefusal, { readonly code: "image-empty" }>> = {
  "recipients-missing": () =>
    say(
      "nobody could decrypt the payload: no recipient is named",
      "name at least one recipient, or leave it unencrypted",
    ),
  "recipient-duplicate": ({ keyId }) =>
    say(`two recipients have the key id ${keyId}`, "give each recipient's key an id of its own"),
  "recipient-key-unusable": ({ keyId, fault }) =>
    fault === "secret-length"
      ? say(`the secret of recipient ${keyId} has neither 16 nor 32 bytes`, "use an AES key of 128 or 256 bits")
      : say(`the public key of recipient ${keyId} is no point of P-256`, "use the P-256 public key of the device"),
};
