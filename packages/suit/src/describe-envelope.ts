import { algorithmById } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { describeDigest } from "./describe-parameters.ts";
import type { AuthenticationBlock, Envelope } from "./envelope.ts";
import { blockTag, nameOf, suitDraft } from "./labels.ts";
import { quote } from "./quote.ts";

/**
 * What stands in an envelope, in plain words, one line a fact. It tells what the file claims: no signature and no digest
 * is checked, and the manifest is not read (see `describeManifest`).
 */
export function describeEnvelope(envelope: Envelope): readonly string[] {
  const { blocks, severed, integratedPayloads } = envelope;
  return [
    `format: ${suitDraft}`,
    `size: ${envelope.encoded.length} bytes, of which manifest ${envelope.manifest.content.length}`,
    `claimed manifest digest: ${describeDigest(envelope.digest)}`,
    ...(blocks.length === 0 ? ["signatures: none"] : blocks.map((block, i) => `signature ${i + 1}: ${signer(block)}`)),
    ...Array.from(severed, ([name, { content }]) => `severed ${name}: ${content.length} bytes`),
    ...Array.from(
      integratedPayloads,
      ([uri, payload]) => `integrated payload ${quote(uri)}: ${payload.length} bytes, covered by no signature itself`,
    ),
  ];
}

function signer(block: AuthenticationBlock): string {
  if (block.kind === "unsupported") return `COSE ${nameOf(blockTag, block.tag)} (tag ${block.tag}), not supported`;
  const { algorithm, keyId } = block.sign1;
  const known = algorithm === undefined ? undefined : algorithmById(algorithm);
  const name = algorithm === undefined ? "no algorithm named" : `${known?.name ?? "unknown algorithm"} (${algorithm})`;
  return `${name}, ${keyId === undefined ? "no key id" : `key ${bytesToHex(keyId)}`}`;
}
