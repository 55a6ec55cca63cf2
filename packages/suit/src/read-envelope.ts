import { type CborItem, need, needLabel } from "@sumac/cbor";
import { readSign1 } from "@sumac/cose";
import { readDigest } from "./digest.ts";
import type { AuthenticationBlock, Envelope, ReceivedBytes } from "./envelope.ts";
import { expectArray, expectBytes } from "./expect-item.ts";
import { findRow, isSeverable } from "./grammar.ts";
import { decodeLayer, deeper, openBytes, receivedFrom, type Scope, withinItems } from "./layer.ts";
import type { SeverableName } from "./manifest.ts";
import { blockTag, envelopeLabel, envelopeTag } from "./manifest-37.ts";
import { refuseMalformed, refuseOverLimit, refuseUnsupported } from "./refusal.ts";

/** `fileOffset` is where `file` starts in the outermost file. */
export function readEnvelope(file: Uint8Array, fileOffset: number, scope: Scope): Envelope {
  const layer = { content: file, contentOffset: fileOffset };
  const outer = decodeLayer(layer, "envelope", scope, { tags: [envelopeTag] });
  const map = need(need(outer, "tagged", "envelope").item, "map", "envelope");
  let wrapper: CborItem | undefined;
  let manifest: ReceivedBytes | undefined;
  const severed = new Map<SeverableName, ReceivedBytes>();
  const integratedPayloads = new Map<string, Uint8Array>();
  for (const { key, value } of map.entries) {
    if (key.kind === "text") {
      integratedPayloads.set(key.value, expectBytes(value, "envelope.integrated-payload"));
      continue;
    }
    const label = needLabel(key, "envelope");
    const name = findRow(scope, "manifest", label)?.name;
    if (label === envelopeLabel["authentication-wrapper"]) {
      wrapper = value;
    } else if (label === envelopeLabel.manifest) {
      manifest = receivedFrom(need(value, "bytes", "envelope.manifest"));
    } else if (name !== undefined && isSeverable(scope, name)) {
      severed.set(name as SeverableName, receivedFrom(need(value, "bytes", `envelope.${name}`)));
    } else {
      refuseUnsupported("envelope", key.offset, label);
    }
  }
  const missing = (name: string): never => refuseMalformed("missing", `envelope.${name}`, map.offset);
  if (wrapper === undefined) return missing("authentication-wrapper");
  if (manifest === undefined) return missing("manifest");
  const authentication = readWrapper(wrapper, "envelope.authentication-wrapper", scope);
  return { ...authentication, manifest, severed, integratedPayloads, encoded: file };
}

function readWrapper(
  item: CborItem,
  field: string,
  outer: Scope,
): Pick<Envelope, "digest" | "digestElement" | "blocks"> {
  const scope = deeper(outer);
  const [first, ...rest] = expectArray(openBytes(need(item, "bytes", field), field, outer), field).items;
  const element = need(first as CborItem, "bytes", `${field}.digest`);
  const digest = readDigest(openBytes(element, `${field}.digest`, scope), `${field}.digest`);
  const { maxBlocks } = scope.limits;
  const overflow = rest[maxBlocks];
  if (overflow !== undefined) refuseOverLimit("maxBlocks", overflow.offset);
  const blocks = rest.map((block, i) => readBlock(block, `${field}.blocks.${i}`, scope));
  return { digest, digestElement: element.value, blocks };
}

/** Of a COSE structure, and of the protected header in it: they are read before anything is known of the sender. */
const maxBlockItems = 64;

function readBlock(item: CborItem, field: string, scope: Scope): AuthenticationBlock {
  const bytes = need(item, "bytes", field);
  const maxItems = Math.min(maxBlockItems, scope.limits.maxItems);
  // Strict key order holds for SUIT maps only: COSE headers may come in any order (suit.md 10).
  const options = { tags: Object.values(blockTag), mapOrder: "any", maxItems } as const;
  const block = need(openBytes(bytes, field, scope, options), "tagged", field);
  const origin = { encoded: bytes.value, offset: bytes.contentOffset };
  if (block.tag !== blockTag.sign1) return { kind: "unsupported", tag: block.tag, ...origin };
  return { kind: "sign1", sign1: withinItems(() => readSign1(block, field, maxBlockItems)), ...origin };
}
