import { algorithmById } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { describeDigest } from "./describe-parameters.ts";
import { describeSize } from "./describe-size.ts";
import { type DescribedLine, type DescribeOptions, line, type ReceivedAt, renderLines } from "./described-line.ts";
import type { AuthenticationBlock, Envelope, ReceivedBytes } from "./envelope.ts";
import { blockTag, nameOf, suitDraft } from "./labels.ts";
import { quote } from "./quote.ts";

/**
 * What stands in an envelope, in plain words, one line a fact. It tells what the file claims: no signature and no digest
 * is checked, and the manifest is not read (see `describeManifest`).
 */
export const describeEnvelope = (envelope: Envelope, options?: DescribeOptions): readonly string[] =>
  renderLines(envelopeLines(envelope), options);

/** The same as lines with their bytes. */
export function envelopeLines(envelope: Envelope): readonly DescribedLine[] {
  const { blocks, severed, integratedPayloads, manifest } = envelope;
  // The envelope of a dependency lies inside another file: its manifest says where.
  const start = manifest.contentOffset - (manifest.content.byteOffset - envelope.encoded.byteOffset);
  const at = (encoded: Uint8Array): ReceivedAt => ({
    encoded,
    offset: start + encoded.byteOffset - envelope.encoded.byteOffset,
  });
  return [
    line(`format: ${suitDraft}`),
    line(`envelope: ${describeSize(envelope.encoded.length)}`, at(envelope.encoded)),
    line(`manifest: ${describeSize(manifest.content.length)}`, at(manifest.encoded)),
    line(`claimed manifest digest: ${describeDigest(envelope.digest)}`, at(envelope.digestElement)),
    ...(blocks.length === 0
      ? [line("signatures: none")]
      : blocks.map((block, i) => line(`signature ${i + 1}: ${describeSigner(block)}`, block))),
    ...Array.from(severed, ([name, received]) => severedLine(name, received, at)),
    ...Array.from(integratedPayloads, ([uri, payload]) =>
      line(
        `integrated payload ${quote(uri)}: ${describeSize(payload.length)}, covered by no signature itself`,
        at(payload),
      ),
    ),
  ];
}

const severedLine = (name: string, received: ReceivedBytes, at: (encoded: Uint8Array) => ReceivedAt): DescribedLine =>
  line(`severed ${name}: ${describeSize(received.content.length)}`, at(received.encoded));

function describeSigner(block: AuthenticationBlock): string {
  if (block.kind === "unsupported") return `COSE ${nameOf(blockTag, block.tag)} (tag ${block.tag}), not supported`;
  const { algorithm, keyId } = block.sign1;
  const known = algorithm === undefined ? undefined : algorithmById(algorithm);
  const name = algorithm === undefined ? "no algorithm named" : `${known?.name ?? "unknown algorithm"} (${algorithm})`;
  // A key id of ours is SHA-256; a hostile one must not fill the page.
  return `${name}, ${keyId === undefined ? "no key id" : `key ${describeKeyId(keyId)}`}`;
}

/** Longest key id that is shown in full: of SHA-512. */
const maxKeyIdBytes = 64;

function describeKeyId(keyId: Uint8Array): string {
  const shown = bytesToHex(keyId.subarray(0, maxKeyIdBytes));
  return keyId.length <= maxKeyIdBytes ? shown : `${shown} and ${keyId.length - maxKeyIdBytes} more bytes`;
}
