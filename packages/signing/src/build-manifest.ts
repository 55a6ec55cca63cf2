import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto, DigestName } from "@sumac/crypto";
import {
  buildEnvelope,
  defaultLimits,
  digestOf,
  encloseBytes,
  encodeDigest,
  type ManifestInput,
  manifestDigest,
  type SeverableName,
  type Sha1,
  type SuitDigest,
  serializeManifest,
  serializeSequence,
  serializeText,
  severMembers,
  type Version,
} from "@sumac/suit";
import type { EncryptedPayload } from "./encrypt-payload.ts";
import { type PlannedComponent, releaseCommands, releaseComponents } from "./release-commands.ts";
import type { ReleaseDescription } from "./release-description.ts";
import { type PayloadFacts, type PayloadPlace, payloadName, type ReleasePayload } from "./release-payload.ts";
import { describeRelease } from "./release-text.ts";
import { classIdOf, vendorIdOf } from "./vendor-identity.ts";
import { parseVersionText } from "./version-text.ts";

/** Zero is "unset" in SUIT, and a 64-bit signed column holds no more (suit.md 2.2 allows 2^64 - 1). */
export const sequenceLimits: { readonly lowest: bigint; readonly highest: bigint } = {
  lowest: 1n,
  highest: 2n ** 63n - 1n,
};

/** What every release has, however many components. */
export interface ReleaseFacts {
  readonly description: ReleaseDescription;
  /** For people: 1 to 64 letters, digits and `. + _ ~ -`. Devices compare sequence numbers. */
  readonly version: string;
  readonly sequence: bigint;
  /** Instead of the description's, for a release whose recipients ask for another (profile `cnsa2`: SHA-384 or SHA-512). */
  readonly digestAlgorithm?: DigestName;
}

/** One component of a release. */
export interface ComponentInput {
  /** What goes into the component, as `readFirmwareImage` gives it. */
  readonly image: Uint8Array;
  /** Default: beside the envelope, named after its digest. */
  readonly payload?: PayloadPlace;
  /**
   * The same image as `encryptPayload` made it: what is published, fetched and carried is then the ciphertext. It needs
   * a component of its own on the device, the image's identifier with the segment `encrypted` behind it.
   */
  readonly encrypted?: EncryptedPayload;
}

/** A release of a product with one component. */
export interface ReleaseInput extends ReleaseFacts, ComponentInput {}

/** A release of every component that the description lists, in its order. */
export interface SeveralInput extends ReleaseFacts {
  readonly components: readonly ComponentInput[];
}

export interface BuildContext {
  readonly crypto: Crypto;
  readonly sha1: Sha1;
}

/** Everything of a release but its signatures. */
export interface UnsignedRelease {
  /** An envelope without authentication blocks: well formed, and accepted by nobody. */
  readonly envelope: Uint8Array;
  readonly manifest: Uint8Array;
  readonly manifestDigest: SuitDigest;
  readonly severed: ReadonlyMap<SeverableName, Uint8Array>;
  /** Of the first component. */
  readonly payload: PayloadFacts;
  /** Of all components, in their order. */
  readonly payloads: readonly ReleasePayload[];
  /** A UUID, or a CBOR-PEN if the description has a `vendorPen`. */
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
}

export type BuildRefusal =
  /** Not one image for each component. */
  | { readonly code: "several-components"; readonly count: number; readonly images: number }
  | { readonly code: "image-empty" }
  | {
      readonly code: "image-larger-than-slot";
      readonly size: bigint;
      readonly limit: bigint;
      readonly component: string;
    }
  | {
      readonly code: "sequence-out-of-range";
      readonly sequence: bigint;
      readonly lowest: bigint;
      readonly highest: bigint;
    }
  | { readonly code: "version-invalid"; readonly version: string }
  | { readonly code: "payload-uri-invalid"; readonly uri: string }
  | { readonly code: "envelope-too-large"; readonly size: number; readonly limit: number };

/** Left free in an envelope with an integrated payload, so that signatures still fit: three of ML-DSA-87, or 90 of Ed25519. */
const signatureRoom = 16_384;

/** One component, one image. */
export const buildManifest = (input: ReleaseInput, context: BuildContext): Result<UnsignedRelease, BuildRefusal> =>
  buildRelease({ ...input, components: [input] }, context);

/**
 * The shared sequence says for whom (REQ.SEC.COMPATIBLE) and which images, install fetches and matches each, validate
 * matches them again at every boot, invoke runs the first. The same input gives the same bytes.
 */
export function buildRelease(input: SeveralInput, context: BuildContext): Result<UnsignedRelease, BuildRefusal> {
  const { description, version, sequence } = input;
  const refusal = checkInput(input);
  if (refusal !== undefined) return err(refusal);
  const { crypto, sha1 } = context;
  const digestAlgorithm = input.digestAlgorithm ?? description.digestAlgorithm ?? "sha-256";
  const vendorId = vendorIdOf(description, sha1);
  const classId = classIdOf(vendorId, description.product, sha1);
  const components = planComponents(input, digestAlgorithm, crypto);

  const described: ManifestInput = {
    sequenceNumber: sequence,
    components: releaseComponents(components),
    ...(description.referenceUri === undefined ? {} : { referenceUri: description.referenceUri }),
    ...setVersion(input),
    ...releaseCommands(components, { vendorId, classId, updateManagement: description.unstableUpdateManagement14 }),
    text: { at: "inline", value: { languages: describeRelease(description, version) } },
  };
  const { manifest, severed } = severMembers(
    described,
    worthSevering(described, digestAlgorithm),
    digestAlgorithm,
    crypto,
  );
  const manifestBytes = serializeManifest(manifest);
  const wrapped = manifestDigest(encloseBytes(manifestBytes), digestAlgorithm, crypto);
  const inside = components.filter(({ carried }) => carried === "inside");
  const envelope = buildEnvelope({
    digestElement: encodeDigest(wrapped),
    blocks: [],
    manifestBytes,
    severed,
    integratedPayloads: new Map(inside.map(({ payload }) => [payload.uri, payload.bytes])),
  });
  const limit = defaultLimits.maxBytes - signatureRoom;
  if (envelope.length > limit) return err({ code: "envelope-too-large", size: envelope.length, limit });
  const payloads = components.map(({ payload }) => payload);
  const [payload] = payloads;
  if (payload === undefined) throw new Error("a release without components passed its checks");
  return ok({
    envelope,
    manifest: manifestBytes,
    manifestDigest: wrapped,
    severed,
    payload,
    payloads,
    vendorId,
    classId,
  });
}

function planComponents(
  { description, components }: SeveralInput,
  algorithm: DigestName,
  crypto: Crypto,
): readonly PlannedComponent[] {
  return description.components.flatMap(({ id }, index) => {
    const input = components[index];
    if (input === undefined) return [];
    const { image, encrypted, payload: place } = input;
    const bytes = encrypted?.ciphertext ?? image;
    const digest = digestOf(crypto, algorithm, bytes);
    const uri = payloadName(place, digest, description.components.length === 1 ? undefined : index);
    return {
      id: id.map((segment) => new TextEncoder().encode(segment)),
      image: {
        digest: encrypted === undefined ? digest : digestOf(crypto, algorithm, image),
        size: BigInt(image.length),
      },
      payload: { uri, digest, size: BigInt(bytes.length), bytes },
      carried: place?.carried ?? "beside",
      ...(encrypted && { encryptionInfo: encrypted.encryptionInfo }),
    };
  });
}

function checkInput(input: SeveralInput): BuildRefusal | undefined {
  const { description, components, version, sequence } = input;
  const count = description.components.length;
  if (count === 0 || count !== components.length) {
    return { code: "several-components", count, images: components.length };
  }
  for (const [index, component] of components.entries()) {
    const refusal = checkComponent(component, description.components[index]);
    if (refusal !== undefined) return refusal;
  }
  if (sequence < sequenceLimits.lowest || sequence > sequenceLimits.highest) {
    return { code: "sequence-out-of-range", sequence, ...sequenceLimits };
  }
  const isText = /^[0-9A-Za-z][0-9A-Za-z.+_~-]{0,63}$/.test(version);
  const isLost = description.unstableUpdateManagement14?.setVersion === "release" && !parseVersionText(version);
  return isText && !isLost ? undefined : { code: "version-invalid", version };
}

function checkComponent(
  { image, payload }: ComponentInput,
  described: ReleaseDescription["components"][number] | undefined,
): BuildRefusal | undefined {
  if (image.length === 0) return { code: "image-empty" };
  const size = BigInt(image.length);
  if (described !== undefined && size > described.maxSize) {
    return { code: "image-larger-than-slot", size, limit: described.maxSize, component: described.name };
  }
  // A URI that begins with "#" names an integrated payload, and a verifier never looks for one on the network.
  const uri = payload?.carried === "beside" ? payload.uri : undefined;
  if (uri !== undefined && !/^[!"$-~][!-~]{0,255}$/.test(uri)) return { code: "payload-uri-invalid", uri };
  return undefined;
}

function setVersion({ description, version }: SeveralInput): { readonly setVersion?: Version } {
  if (description.unstableUpdateManagement14?.setVersion !== "release") return {};
  const parsed = parseVersionText(version);
  return parsed === undefined ? {} : { setVersion: parsed };
}

/** Severing puts a digest in the member's place: only where that is the shorter of the two. */
function worthSevering({ install, text }: ManifestInput, algorithm: DigestName): SeverableName[] {
  const names: SeverableName[] = [];
  const isLong = (member: Uint8Array): boolean => member.length >= severedDigestBytes[algorithm];
  if (install?.at === "inline" && isLong(serializeSequence(install.value))) names.push("install");
  if (text?.at === "inline" && isLong(serializeText(text.value))) names.push("text");
  return names;
}

/** A SUIT_Digest: the digest, and the heads and the algorithm before it. */
const severedDigestBytes: Readonly<Record<DigestName, number>> = { "sha-256": 36, "sha-384": 53, "sha-512": 69 };
