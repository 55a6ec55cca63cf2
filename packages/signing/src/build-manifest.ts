import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto } from "@sumac/crypto";
import {
  buildEnvelope,
  type ComponentId,
  type ComponentText,
  classIdFor,
  defaultLimits,
  digestOf,
  encloseBytes,
  encodeDigest,
  type LanguageText,
  type ManifestInput,
  manifestDigest,
  type SeverableName,
  type Sha1,
  type SuitDigest,
  serializeManifest,
  serializeSequence,
  serializeText,
  severMembers,
  vendorIdFor,
} from "@sumac/suit";
import type { ReleaseDescription } from "./release-description.ts";

/** Zero is "unset" in SUIT, and a 64-bit signed column holds no more (suit.md 2.2 allows 2^64 - 1). */
export const sequenceLimits: { readonly lowest: bigint; readonly highest: bigint } = {
  lowest: 1n,
  highest: 2n ** 63n - 1n,
};

export interface ReleaseInput {
  readonly description: ReleaseDescription;
  /** What goes to the device, as `readFirmwareImage` gives it. */
  readonly image: Uint8Array;
  /** For people: 1 to 64 letters, digits and `. + _ ~ -`. Devices compare sequence numbers. */
  readonly version: string;
  readonly sequence: bigint;
  /**
   * `beside` (default): fetched from a URI, a relative one named after the digest unless given. `inside`: an integrated
   * payload of the envelope, for small images.
   */
  readonly payload?: { readonly carried: "beside"; readonly uri?: string } | { readonly carried: "inside" };
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
  readonly payload: { readonly uri: string; readonly digest: SuitDigest; readonly size: bigint };
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
}

export type BuildRefusal =
  | { readonly code: "several-components"; readonly count: number }
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

/** Left free in an envelope with an integrated payload, so that signatures still fit: about 28 of them. */
const signatureRoom = 4096;
const digestAlgorithm = "sha-256";
/** Record on success and failure, with system information: bits 0 to 3 (suit.md 2.3). */
const reportAll = 15;
const reportFailure = 2;

/**
 * One component, one image: the shared sequence says for whom (REQ.SEC.COMPATIBLE) and which image, install fetches and
 * matches it, validate matches it again at every boot, invoke runs it. The same input gives the same bytes.
 */
export function buildManifest(input: ReleaseInput, context: BuildContext): Result<UnsignedRelease, BuildRefusal> {
  const { description, image, version, sequence } = input;
  const refusal = checkInput(input);
  if (refusal !== undefined) return err(refusal);
  const { crypto, sha1 } = context;
  const vendorId = vendorIdFor(description.vendor, sha1);
  const classId = classIdFor(vendorId, description.product, sha1);
  const digest = digestOf(crypto, digestAlgorithm, image);
  const payload = { uri: payloadUri(input, digest), digest, size: BigInt(image.length) };
  const component = componentId(description);

  const described: ManifestInput = {
    sequenceNumber: sequence,
    components: [component],
    shared: {
      commands: [
        {
          kind: "override-parameters",
          parameters: {
            vendorIdentifier: vendorId,
            classIdentifier: classId,
            imageDigest: digest,
            imageSize: payload.size,
          },
        },
        { kind: "condition", condition: "vendor-identifier", policy: reportAll },
        { kind: "condition", condition: "class-identifier", policy: reportAll },
      ],
    },
    ...(description.referenceUri === undefined ? {} : { referenceUri: description.referenceUri }),
    install: {
      at: "inline",
      value: {
        commands: [
          { kind: "override-parameters", parameters: { uri: payload.uri } },
          { kind: "directive", directive: "fetch", policy: reportFailure },
          { kind: "condition", condition: "image-match", policy: reportAll },
        ],
      },
    },
    validate: { commands: [{ kind: "condition", condition: "image-match", policy: reportAll }] },
    invoke: { commands: [{ kind: "directive", directive: "invoke", policy: reportFailure }] },
    text: { at: "inline", value: { languages: [describeInEnglish(description, component, version)] } },
  };
  const { manifest, severed } = severMembers(described, worthSevering(described), digestAlgorithm, crypto);
  const manifestBytes = serializeManifest(manifest);
  const wrapped = manifestDigest(encloseBytes(manifestBytes), digestAlgorithm, crypto);
  const envelope = buildEnvelope({
    digestElement: encodeDigest(wrapped),
    blocks: [],
    manifestBytes,
    severed,
    ...(input.payload?.carried === "inside" ? { integratedPayloads: new Map([[payload.uri, image]]) } : {}),
  });
  const limit = defaultLimits.maxBytes - signatureRoom;
  if (envelope.length > limit) return err({ code: "envelope-too-large", size: envelope.length, limit });
  return ok({ envelope, manifest: manifestBytes, manifestDigest: wrapped, severed, payload, vendorId, classId });
}

function checkInput({ description, image, version, sequence, payload }: ReleaseInput): BuildRefusal | undefined {
  const [component, ...others] = description.components;
  if (component === undefined || others.length > 0) {
    return { code: "several-components", count: description.components.length };
  }
  if (image.length === 0) return { code: "image-empty" };
  const size = BigInt(image.length);
  if (size > component.maxSize) {
    return { code: "image-larger-than-slot", size, limit: component.maxSize, component: component.name };
  }
  if (sequence < sequenceLimits.lowest || sequence > sequenceLimits.highest) {
    return { code: "sequence-out-of-range", sequence, ...sequenceLimits };
  }
  if (!/^[0-9A-Za-z][0-9A-Za-z.+_~-]{0,63}$/.test(version)) return { code: "version-invalid", version };
  // A URI that begins with "#" names an integrated payload, and a verifier never looks for one on the network.
  const uri = payload?.carried === "inside" ? undefined : payload?.uri;
  if (uri !== undefined && !/^[!"$-~][!-~]{0,255}$/.test(uri)) return { code: "payload-uri-invalid", uri };
  return undefined;
}

/** Named after its content, so that it can be cached for ever and never means two things. */
function payloadUri({ payload }: ReleaseInput, digest: SuitDigest): string {
  if (payload?.carried === "inside") return "#firmware";
  return payload?.uri ?? `sha256-${bytesToHex(digest.bytes)}.bin`;
}

function componentId({ components: [component] }: ReleaseDescription): ComponentId {
  return (component?.id ?? []).map((segment) => new TextEncoder().encode(segment));
}

function describeInEnglish(description: ReleaseDescription, component: ComponentId, version: string): LanguageText {
  const text: ComponentText = {
    component,
    ...(description.vendorName === undefined ? {} : { vendorName: description.vendorName }),
    modelName: description.product,
    vendorDomain: description.vendor,
    description: description.components[0]?.name ?? "",
    version,
  };
  return {
    language: "en",
    ...(description.description === undefined ? {} : { manifestDescription: description.description }),
    components: [text],
  };
}

/** Severing puts a digest in the member's place: only where that is the shorter of the two. */
function worthSevering({ install, text }: ManifestInput): SeverableName[] {
  const names: SeverableName[] = [];
  const isLong = (member: Uint8Array): boolean => member.length >= severedDigestBytes;
  if (install?.at === "inline" && isLong(serializeSequence(install.value))) names.push("install");
  if (text?.at === "inline" && isLong(serializeText(text.value))) names.push("text");
  return names;
}

/** A SUIT_Digest of SHA-256: 32 bytes and 4 of heads and algorithm. */
export const severedDigestBytes = 36;
