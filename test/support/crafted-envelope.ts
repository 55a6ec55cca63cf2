/** Envelopes that no tool of this project would write: what somebody with a good key, or with none, can send. */
import { type CborValue, encode } from "@sumac/cbor";
import { type Sign1, serializeSign1, toBeSigned } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import type { Signer } from "@sumac/signing";
import {
  buildEnvelope,
  type CommandInput,
  type Condition,
  type Directive,
  digestOf,
  type Envelope,
  type EnvelopeParts,
  encloseBytes,
  encodeDigest,
  type ManifestInput,
  manifestDigest,
  type Parameters,
  parseEnvelope,
  type SeverableName,
  serializeManifest,
  severMembers,
} from "@sumac/suit";
import { classId, firmware, orThrow, type Release, vendorId } from "./example-product.ts";

export const set = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });
export const condition = (name: Condition): CommandInput => ({ kind: "condition", condition: name, policy: 15 });
export const directive = (name: Directive): CommandInput => ({ kind: "directive", directive: name, policy: 2 });

export interface CraftedOptions {
  readonly sequence?: bigint;
  readonly image?: Uint8Array;
  readonly uri?: string;
  /** Parameters set beside vendor, class, digest and size, or instead of them. */
  readonly parameters?: Parameters;
  /** Of the shared sequence, in place of the two that ask for vendor and class. */
  readonly identity?: readonly CommandInput[];
  /** What install does after it has set the URI. */
  readonly install?: readonly CommandInput[];
  readonly manifest?: Partial<ManifestInput>;
  readonly sever?: readonly SeverableName[];
  readonly carried?: "beside" | "inside";
  readonly signers?: readonly Signer[];
}

/** A manifest for the example device with one thing about it that is not as usual. */
export async function craftRelease(options: CraftedOptions): Promise<Release> {
  const { sequence = 99n, uri = "crafted.bin", sever = [], carried = "beside", signers = [] } = options;
  const image = options.image ?? new Uint8Array(512).fill(0x5a);
  const described: ManifestInput = {
    sequenceNumber: sequence,
    components: [firmware],
    shared: {
      commands: [
        set({
          vendorIdentifier: vendorId,
          classIdentifier: classId,
          imageDigest: digestOf(nodeCrypto, "sha-256", image),
          imageSize: BigInt(image.length),
          ...options.parameters,
        }),
        ...(options.identity ?? [condition("vendor-identifier"), condition("class-identifier")]),
      ],
    },
    install: {
      at: "inline",
      value: { commands: [set({ uri }), ...(options.install ?? [directive("fetch"), condition("image-match")])] },
    },
    validate: { commands: [condition("image-match")] },
    invoke: { commands: [directive("invoke")] },
    ...options.manifest,
  };
  const integratedPayloads = new Map(carried === "inside" ? [[uri, image]] : []);
  const envelope = await signManifest(described, { sever, signers, integratedPayloads });
  return { version: "9.9.9", sequence, envelope, image, uri };
}

export interface ManifestSigning {
  readonly signers: readonly Signer[];
  readonly sever?: readonly SeverableName[];
  readonly integratedPayloads?: ReadonlyMap<string, Uint8Array>;
}

/** Whatever it says. */
export async function signManifest(
  described: ManifestInput,
  { signers, sever = [], integratedPayloads = new Map() }: ManifestSigning,
): Promise<Uint8Array> {
  const { manifest, severed } = severMembers(described, sever, "sha-256", nodeCrypto);
  const manifestBytes = serializeManifest(manifest);
  const digestElement = digestElementOf(manifestBytes);
  const blocks = await Promise.all(signers.map((signer) => signBlock(signer, digestElement)));
  return buildEnvelope({ digestElement, blocks, manifestBytes, severed, integratedPayloads });
}

const digestElementOf = (manifestBytes: Uint8Array): Uint8Array =>
  encodeDigest(manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto));

export interface BlockOptions {
  /** COSE id that the block names; default the signer's own. */
  readonly algorithm?: number;
  /** Unprotected header: what nobody signs. */
  readonly unprotected?: ReadonlyMap<CborValue, CborValue>;
}

/** A COSE_Sign1 that verifies under the signer's key for whoever overlooks what its headers say. */
export async function signBlock(
  signer: Signer,
  digestElement: Uint8Array,
  { algorithm = signer.algorithm.id, unprotected = new Map() }: BlockOptions = {},
): Promise<Uint8Array> {
  const header = encode(
    new Map<CborValue, CborValue>([
      [1, algorithm],
      [4, signer.keyId],
    ]),
  );
  const signature = await signer.sign(toBeSigned(header, digestElement));
  const block: Sign1 = {
    algorithm,
    keyId: signer.keyId,
    protected: header,
    unprotected: encode(unprotected),
    signature,
  };
  return serializeSign1(block);
}

/** The parts of an envelope, to be put together otherwise. */
export function takeApart(envelope: Uint8Array): Required<EnvelopeParts> {
  const parsed: Envelope = orThrow(parseEnvelope(envelope));
  return {
    digestElement: parsed.digestElement,
    blocks: parsed.blocks.map(({ encoded }) => encoded),
    manifestBytes: parsed.manifest.content,
    severed: new Map([...parsed.severed].map(([name, { content }]) => [name, content])),
    integratedPayloads: parsed.integratedPayloads,
  };
}

/** The bytes with the lowest bit of one of them flipped. */
export const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes.at(at) ?? 0) ^ 1);

/** Where a part begins in the whole. */
export function find(whole: Uint8Array, part: Uint8Array): number {
  const at = Buffer.from(whole).indexOf(part);
  if (at < 0) throw new Error("there is no such part");
  return at;
}
