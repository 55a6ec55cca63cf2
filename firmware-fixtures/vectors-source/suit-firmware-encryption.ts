import { encode, Tagged } from "@sumac/cbor";
import { envelope, image, labelled, running } from "./craft-envelope.ts";
import { type AcceptedEnvelope, malformed, type RejectedEnvelope } from "./suit-vector.ts";

const context = "firmware-encryption";

/** AES-GCM under a content key that is wrapped for one key-encryption key; all of it filler. */
const recipient = [new Uint8Array(), labelled({ 1: -3, 4: Uint8Array.of(1) }), new Uint8Array(24)];
const encryptionInfo = encode(
  new Tagged(96, [encode(labelled({ 1: 1 })), labelled({ 5: new Uint8Array(12) }), null, [recipient]]),
);

/** draft-ietf-suit-firmware-encryption-24, where it is turned on. Who decrypts looks into the parameter, nobody else. */
export const encryptionAccepted: readonly AcceptedEnvelope[] = [
  {
    context,
    name: "encryption-info",
    manifest: running(20, 20, labelled({ 18: image, 19: encryptionInfo }), 18, 2, 3, 15),
    update: "write 0 encrypted, image-match 0, image-match 0",
    comment: "the digest is over the plaintext",
  },
];

export const encryptionRejected: readonly RejectedEnvelope[] = [
  {
    row: 13,
    context,
    base: "encryption-info",
    name: "encryption-info-not-enclosed",
    file: envelope(running(20, 20, labelled({ 18: image, 19: [] }), 18, 2, 3, 15)),
    at: "13 | 80 12 02",
    refusal: malformed("wrong-type", "manifest.install.0.override-parameters.encryption-info"),
    comment: "a byte string around the structure",
  },
];
