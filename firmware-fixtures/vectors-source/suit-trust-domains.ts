import { encode } from "@sumac/cbor";
import { bytesToHex, concatBytes } from "@sumac/crypto";
import {
  gatewayEnvelope,
  gatewayManifest,
  installOwn,
  modemEnvelope,
  modemInstall,
  modemManifest,
  resolve,
} from "./craft-dependency.ts";
import {
  commands,
  common,
  digestParameter,
  envelope,
  hexOf,
  image,
  isForUs,
  labelled,
  manifest,
  memberDigest,
  modem,
  otherImage,
  running,
  shownImage,
} from "./craft-envelope.ts";
import { offsetIn } from "./marked-hex.ts";
import { type AcceptedEnvelope, malformed, type Refusal, type RejectedEnvelope, unsupported } from "./suit-vector.ts";
import { owner, sha256, vendor } from "./test-signer.ts";

const context = "trust-domains";
const base = "dependency";
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const hexText = (text: string): string => bytesToHex(utf8(text));

/** draft-ietf-suit-trust-domains-12, where it is turned on: one level of dependency, each verified under its own role. */
export const trustDomainsAccepted: readonly AcceptedEnvelope[] = [
  {
    context,
    name: "dependency",
    manifest: gatewayManifest(),
    options: { payloads: { "#modem": modemEnvelope(modemManifest()) } },
    update: "fetch 1/0, image-match 1/0, fetch 0, image-match 0, image-match 1/0, image-match 0",
    invocation: "image-match 1/0, image-match 0, invoke 0",
    comment: "a gateway's update carries the modem's, which another maker signed",
  },
  {
    context,
    name: "manifest-component-id",
    manifest: manifest({ 5: [utf8("settings")] }),
    comment: "where the manifest wants to be kept",
  },
  {
    context,
    name: "set-parameters",
    manifest: running(20, 19, labelled({ 21: "first.bin" }), 19, labelled({ 21: "second.bin" }), 21, 2, 3, 15),
    comment: "only where nothing is set yet: the first URI stays",
  },
];

const refusedDependency = (because: string, dependency = 1): Refusal => ({
  code: "dependency-refused",
  facts: { dependency, because },
});
const failed = (command: string, because: string): Refusal => ({ code: "command-failed", facts: { command, because } });
const notAuthorised = (role: string, ...id: string[]): string =>
  `component-not-authorised/component=${id.map(hexText).join("/")},role=${role}`;

const changedModem = modemManifest({ 2: 4 });
const digestText = (content: Uint8Array): string => bytesToHex(sha256(encode(content)));
const original = encode(memberDigest(modemManifest()));
const withTrailingByte = gatewayEnvelope({
  carried: concatBytes(modemEnvelope(modemManifest()), Uint8Array.of(0)),
});
const deeper = gatewayEnvelope({
  dependency: modemManifest({
    3: common({
      1: labelled({ 1: labelled({}) }),
      2: [modem],
      4: commands(12, 0, 20, shownImage({ 3: digestParameter(otherImage), 14: otherImage.length }), ...isForUs),
    }),
    7: commands(12, 0, 3, 15),
    20: commands(12, 0, ...[20, labelled({ 21: "modem.bin" }), 21, 2, 3, 15]),
  }),
});

/** dependency-integrity in dependency-resolution, which is where a dependency is judged. */
const judged = "03 0f | 07 0f 14";

const judgedRows: readonly Omit<RejectedEnvelope, "context" | "base">[] = [
  {
    row: 4,
    name: "dependency-by-a-stranger",
    file: gatewayEnvelope({ carried: modemEnvelope(modemManifest(), owner) }),
    at: judged,
    refusal: refusedDependency(`signer-unknown/keyIds=${bytesToHex(owner.keyId)}`),
    threat: "T-IMG-NON-AUTH",
    comment: "the gateway's maker cannot vouch for the modem's",
  },
  {
    row: 12,
    name: "dependency-by-another-role",
    file: gatewayEnvelope({ carried: modemEnvelope(modemManifest(), vendor) }),
    at: judged,
    refusal: refusedDependency(notAuthorised("release", "modem")),
    threat: "T-IMG-LOCATION",
    comment: "trusted for the gateway, not for the modem",
  },
  {
    row: 12,
    name: "dependency-that-writes-the-gateway",
    file: gatewayEnvelope({ dependency: modemManifest({}, [[utf8("settings")]]) }),
    at: judged,
    refusal: refusedDependency(notAuthorised("supplier", "settings")),
    threat: "T-MFST-OVERRIDE",
    comment: "the modem's maker may write the modem",
  },
  {
    row: 12,
    name: "dependency-under-a-prefix",
    file: gatewayEnvelope({ dependencies: labelled({ 1: labelled({ 1: [utf8("rack")] }) }) }),
    at: judged,
    refusal: refusedDependency(notAuthorised("supplier", "rack", "modem")),
    threat: "T-IMG-LOCATION",
    comment: "the prefix makes another component of it, which the modem's maker may not write",
  },
  {
    row: 12,
    name: "dependency-again-under-a-prefix",
    file: gatewayEnvelope({
      dependencies: labelled({ 1: labelled({}), 2: labelled({ 1: [utf8("rack")] }) }),
      sharedBehind: [12, 2, 20, labelled({ 3: original })],
      changes: {
        7: commands(12, [1, 2], 7, 15, 11, 2, 12, 0, 3, 15),
        15: commands(...resolve, 12, 2, 20, labelled({ 21: "#modem" }), 21, 2, 3, 14, 7, 14),
        20: commands(12, [1, 2], 11, 2, ...installOwn),
      },
    }),
    at: "03 0e | 07 0e",
    refusal: refusedDependency(notAuthorised("supplier", "rack", "modem"), 2),
    threat: "T-IMG-LOCATION",
    comment: "one envelope for two places: each place has to be judged",
  },
  {
    row: 10,
    name: "dependency-below-its-floor",
    file: gatewayEnvelope({ dependency: modemManifest({ 2: 2 }) }),
    at: judged,
    refusal: refusedDependency("rollback/floor=3,offered=2"),
    threat: "T-IMG-EXPIRED",
    comment: "the gateway's update must not bring back an old modem",
  },
  {
    row: 5,
    name: "dependency-of-another-digest",
    file: gatewayEnvelope({ carried: modemEnvelope(changedModem), dependencyDigest: original }),
    at: "15 02 | 03 0f 07 0f",
    refusal: { code: "condition-failed", facts: { condition: "image-match" } },
    threat: "T-MFST-OVERRIDE",
    comment: "genuine, and not the one that the gateway's manifest depends on",
  },
  {
    row: 5,
    name: "dependency-integrity-of-another-digest",
    file: gatewayEnvelope({
      carried: modemEnvelope(changedModem),
      dependencyDigest: original,
      changes: { 15: commands(...resolve.filter((_, i) => i < 6 || i > 7)) },
    }),
    at: "15 02 | 07 0f",
    refusal: refusedDependency(
      `manifest-digest-mismatch/claimed=${digestText(modemManifest())},computed=${digestText(changedModem)}`,
    ),
    threat: "T-MFST-OVERRIDE",
    comment: "dependency-integrity compares the digest too",
  },
  {
    row: 9,
    name: "dependency-of-a-dependency",
    file: deeper,
    at: judged,
    refusal: refusedDependency(
      `unsupported/dependency.manifest.common/${offsetIn(deeper, `| 01 a1 01 a0 02 ${hexOf([modem])}`)}/label=1`,
    ),
    comment: "one level and no more",
  },
  {
    row: 1,
    name: "dependency-with-a-trailing-byte",
    file: withTrailingByte,
    at: `${hexOf("#modem")} | 15 02`,
    refusal: refusedDependency(`malformed/trailing-bytes/envelope/${withTrailingByte.length - 1}`),
    comment: "read as strictly as the envelope around it; the offset counts from the start of the file",
  },
  {
    row: 9,
    name: "dependency-not-carried",
    file: gatewayEnvelope({ carried: undefined }),
    at: `${hexOf("#modem")} | 15 02`,
    refusal: unsupported("dependency.fetch", 21),
    comment: "only dependencies that the envelope carries are processed",
  },
  {
    row: 18,
    name: "dependency-never-verified",
    file: gatewayEnvelope({ changes: { 15: commands(...resolve.slice(0, -2)) } }),
    at: "0c 01 | 0b 02 0c 00 14",
    refusal: failed("process-dependency", "dependency-unverified"),
    threat: "T-IMG-NON-AUTH",
    comment: "process-dependency without dependency-integrity",
  },
  {
    row: 18,
    name: "dependency-passed-over",
    file: gatewayEnvelope({ changes: { 20: commands(...installOwn) } }),
    at: `| ${bytesToHex(modemInstall)}`,
    refusal: failed("process-dependency", "dependency-passed-over"),
    comment: "the modem has an install sequence, and the gateway leaves it out",
  },
  {
    row: 14,
    name: "process-dependency-in-the-shared-sequence",
    file: gatewayEnvelope({ sharedBehind: [11, 2] }),
    at: "| 0b 02 04 78",
    refusal: malformed("not-allowed-here", "manifest.common.shared-sequence.6.process-dependency"),
    comment: "only conditions and parameters may stand there",
  },
  {
    row: 13,
    name: "dependencies-empty",
    file: envelope(gatewayManifest({ dependencies: labelled({}) })),
    at: "a3 01 | a0 02",
    refusal: malformed("wrong-length", "manifest.common.dependencies"),
    comment: "one at least",
  },
  {
    row: 13,
    name: "dependency-metadata-a-list",
    file: envelope(gatewayManifest({ dependencies: labelled({ 1: [] }) })),
    at: "a1 01 | 80 02",
    refusal: malformed("wrong-type", "manifest.common.dependencies.1"),
    comment: "a map",
  },
  {
    row: 9,
    name: "dependency-metadata-key-2",
    file: envelope(gatewayManifest({ dependencies: labelled({ 1: labelled({ 2: 0 }) }) })),
    at: "a1 01 a1 | 02 00",
    refusal: unsupported("manifest.common.dependencies.1", 2),
    comment: "not registered",
  },
];

export const trustDomainsRejected: readonly RejectedEnvelope[] = [
  ...judgedRows.map((row) => ({ ...row, context, base })),
  {
    row: 13,
    context,
    base: "set-parameters",
    name: "set-parameters-image-digest",
    file: envelope(running(20, 19, labelled({ 3: digestParameter(image), 21: "a" }), 21, 2, 3, 15)),
    at: "13 a2 03 | 5824",
    refusal: malformed("not-allowed-here", "manifest.install.0.set-parameters.image-digest"),
    threat: "T-MFST-OVERRIDE",
    comment: "a digest is always set by override-parameters",
  },
  {
    row: 9,
    context,
    base: "set-parameters",
    name: "unlink",
    file: envelope(running(20, 33, 2, ...installOwn.slice(2))),
    at: "88 | 1821 02",
    refusal: unsupported("unlink", 33),
    comment: "read, and not carried out",
  },
  {
    row: 12,
    context,
    base: "manifest-component-id",
    name: "manifest-component-id-of-another-role",
    file: envelope(manifest({ 5: [utf8("modem")] })),
    refusal: { code: "component-not-authorised", facts: { component: hexText("modem"), role: "release" } },
    threat: "T-IMG-LOCATION",
    comment: "a place to write like any other",
  },
];
