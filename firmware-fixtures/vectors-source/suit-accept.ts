import { createHash } from "node:crypto";
import { type CborValue, encode, Tagged } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { commands, fetchFirmware, image, labelled, manifest, memberDigest, running, sign1 } from "./craft-envelope.ts";
import { blockWithLabels, textOfItems } from "./crowded-envelope.ts";
import { commandRows, parameterRows } from "./suit-accept-commands.ts";
import { encryptionAccepted } from "./suit-firmware-encryption.ts";
import { text } from "./suit-text.ts";
import { trustDomainsAccepted } from "./suit-trust-domains.ts";
import { updateManagementAccepted } from "./suit-update-management.ts";
import { type AcceptedEnvelope, accepted } from "./suit-vector.ts";
import { foreign, owner } from "./test-signer.ts";
import type { Vector } from "./vector-file.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const digestWith = (algorithm: "sha384" | "sha512", bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(algorithm).update(bytes).digest());

const validateOnly = "image-match 0";

const twoBlocks = (element: Uint8Array): Uint8Array[] => [sign1(element), sign1(element, { signer: owner })];

const envelopeRows: readonly AcceptedEnvelope[] = [
  {
    name: "one-component",
    manifest: manifest(),
    comment: "the form of a release: one image, fetched, matched, started",
  },
  {
    name: "validate-only",
    manifest: manifest({ 4: undefined, 9: undefined, 20: undefined }),
    update: validateOnly,
    invocation: validateOnly,
    comment: "the smallest that says anything: for whom, and which image",
  },
  {
    name: "severed-install",
    manifest: manifest({ 20: memberDigest(fetchFirmware) }),
    options: { members: { 20: fetchFirmware } },
    comment: "the manifest has the digest, the envelope the sequence",
  },
  {
    name: "severed-text",
    manifest: manifest({ 23: memberDigest(text) }),
    options: { members: { 23: text } },
    comment: "text in two languages, one with a component",
  },
  {
    name: "severed-text-left-behind",
    manifest: manifest({ 23: memberDigest(text) }),
    comment: "no procedure needs it, so it need not come along",
  },
  {
    name: "severed-payload-fetch",
    manifest: manifest({ 16: memberDigest(fetchFirmware), 20: commands(3, 15) }),
    options: { members: { 16: fetchFirmware } },
    update: "fetch 0, image-match 0, image-match 0, image-match 0",
    comment: "payload-fetch runs before install",
  },
  { name: "text-inline", manifest: manifest({ 23: text }), comment: "text need not be severed" },
  {
    name: "integrated-payload",
    manifest: running(20, 20, labelled({ 21: "#firmware" }), 21, 2, 3, 15),
    options: { payloads: { "#firmware": image } },
    update: "fetch 0 integrated, image-match 0, image-match 0",
    comment: "unsigned bytes beside the manifest; only image-match makes them anything",
  },
  {
    name: "integrated-payload-unused",
    manifest: manifest(),
    options: { payloads: { "#notes": utf8("read by nobody") } },
    comment: "a payload that no command fetches is never looked at",
  },
  {
    name: "two-signatures",
    context: "owner-approves",
    manifest: manifest(),
    options: { blocks: twoBlocks },
    comment: "the owner approves what the vendor released, with a signature over the same digest",
  },
  {
    name: "stranger-beside-the-vendor",
    manifest: manifest(),
    options: { blocks: (element) => [sign1(element, { signer: foreign }), sign1(element)] },
    comment: "a block that nobody here knows spoils nothing",
  },
  {
    name: "invalid-block-beside-a-valid-one",
    manifest: manifest(),
    options: {
      blocks: (element) => [sign1(element, { signer: owner, keyId: "absent", over: utf8("other") }), sign1(element)],
    },
    comment: "distinct keys with a valid signature are counted, not blocks",
  },
  {
    name: "mac-beside-the-signature",
    manifest: manifest(),
    options: {
      blocks: (element) => [
        encode(new Tagged(17, [encode(labelled({ 1: 5 })), new Map(), null, new Uint8Array(32)])),
        sign1(element),
      ],
    },
    comment: "a COSE_Mac0 is well formed and counts for nothing",
  },
  {
    name: "sixteen-blocks",
    manifest: manifest(),
    options: {
      blocks: (element) => [
        ...Array(15).fill(sign1(element, { signer: foreign, signature: new Uint8Array(64) })),
        sign1(element),
      ],
    },
    comment: "the most that are looked at",
  },
  {
    name: "legacy-algorithm-allowed",
    context: "legacy-allowed",
    manifest: manifest(),
    options: { blocks: (element) => [sign1(element, { algorithm: -8 })] },
    comment: "EdDSA (-8), where the trust record allows it",
  },
  {
    name: "key-id-absent",
    manifest: manifest(),
    options: { blocks: (element) => [sign1(element, { keyId: "absent" })] },
    comment: "then every trusted key of the algorithm is tried",
  },
  {
    name: "manifest-digest-sha-384",
    manifest: manifest(),
    options: { element: encode([-43, digestWith("sha384", encode(manifest()))]) },
    digest: `sha-384 ${bytesToHex(digestWith("sha384", encode(manifest())))}`,
    comment: "algorithm -43 in the wrapper",
  },
  {
    name: "manifest-digest-sha-512",
    manifest: manifest(),
    options: { element: encode([-44, digestWith("sha512", encode(manifest()))]) },
    digest: `sha-512 ${bytesToHex(digestWith("sha512", encode(manifest())))}`,
    comment: "algorithm -44 in the wrapper",
  },
];

/** What the recipient of the README has installed. */
const installedManifest: Uint8Array = manifest({ 2: 5 });

const stateRows: readonly AcceptedEnvelope[] = [
  {
    name: "installed-again",
    manifest: installedManifest,
    sequence: 5n,
    standing: "already-installed",
    comment: "the very manifest that is confirmed: nothing to do, and nothing wrong",
  },
  {
    name: "sequence-largest",
    manifest: manifest({ 2: 2n ** 64n - 1n }),
    sequence: 2n ** 64n - 1n,
    comment: "2^64-1: beyond what a double holds",
  },
  {
    name: "sequence-2-to-the-53-plus-1",
    manifest: manifest({ 2: 2n ** 53n + 1n }),
    sequence: 2n ** 53n + 1n,
    comment: "a double would round it down",
  },
];

const padding = (count: number): CborValue[] => Array.from({ length: count }, () => [3, 0]).flat();
const deeper = (levels: number): Uint8Array => (levels === 0 ? commands(3, 15) : commands(32, deeper(levels - 1)));

const limitRows: readonly AcceptedEnvelope[] = [
  {
    name: "depth-8",
    manifest: manifest({ 7: deeper(6) }),
    comment: "eight byte strings, one in the other: manifest, validate, and six run-sequences",
  },
  {
    name: "commands-256",
    manifest: manifest({ 7: commands(...padding(249)) }),
    update: `fetch 0, ${Array(250).fill("image-match 0").join(", ")}`,
    invocation: `${Array(249).fill("image-match 0").join(", ")}, invoke 0`,
    comment: "three in the shared sequence, three in install, one in invoke, the rest in validate",
  },
];

const itemRows: readonly AcceptedEnvelope[] = [
  {
    name: "items-4096",
    manifest: manifest({ 23: textOfItems(2, 1363) }),
    comment: "as many data items as one layer may have, here in a text",
  },
  {
    name: "block-with-64-items",
    manifest: manifest(),
    options: { blocks: (element) => [blockWithLabels(element, 0, 29)] },
    comment: "as many data items as a block may have",
  },
];

export const suitAccepted: readonly Vector[] = [
  ...envelopeRows,
  ...stateRows,
  ...commandRows,
  ...parameterRows,
  ...limitRows,
  ...itemRows,
  ...updateManagementAccepted,
  ...encryptionAccepted,
  ...trustDomainsAccepted,
].map(accepted);
