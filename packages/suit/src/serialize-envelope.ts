import { type CborValue, encode, Tagged } from "@sumac/cbor";
import type { Envelope } from "./envelope.ts";
import { envelopeLabel, envelopeTag, severableLabel } from "./labels.ts";
import type { SeverableName } from "./manifest.ts";

/** The pieces of an envelope, each already encoded. Byte strings come without their heads. */
export interface EnvelopeParts {
  /** The encoded SUIT_Digest that every block signs. */
  readonly digestElement: Uint8Array;
  /** Encoded tagged COSE structures, in the order they are to stand. */
  readonly blocks: readonly Uint8Array[];
  readonly manifestBytes: Uint8Array;
  readonly severed?: ReadonlyMap<SeverableName, Uint8Array>;
  readonly integratedPayloads?: ReadonlyMap<string, Uint8Array>;
}

export function buildEnvelope(parts: EnvelopeParts): Uint8Array {
  const members = new Map<CborValue, CborValue>([
    [envelopeLabel["authentication-wrapper"], encode([parts.digestElement, ...parts.blocks])],
    [envelopeLabel.manifest, parts.manifestBytes],
  ]);
  for (const [name, content] of parts.severed ?? []) members.set(severableLabel[name], content);
  for (const [uri, payload] of parts.integratedPayloads ?? []) members.set(uri, payload);
  return encode(new Tagged(envelopeTag, members));
}

/** The parts of a parsed envelope, from its received bytes. */
export const envelopeParts = (envelope: Omit<Envelope, "encoded">): Required<EnvelopeParts> => ({
  digestElement: envelope.digestElement,
  blocks: envelope.blocks.map((block) => block.encoded),
  manifestBytes: envelope.manifest.content,
  severed: new Map([...envelope.severed].map(([name, received]) => [name, received.content])),
  integratedPayloads: envelope.integratedPayloads,
});

export const serializeEnvelope = (envelope: Omit<Envelope, "encoded">): Uint8Array =>
  buildEnvelope(envelopeParts(envelope));

/** Adds a signature behind those that are there: neither the digest nor the other signatures change. */
export function addAuthenticationBlock(envelope: Envelope, block: Uint8Array): Uint8Array {
  const parts = envelopeParts(envelope);
  return buildEnvelope({ ...parts, blocks: [...parts.blocks, block] });
}
