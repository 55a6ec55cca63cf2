import type { CborBytes, CborItem, CborMap, Result } from "@sumac/cbor";
import { parseSign1 } from "@sumac/cose";
import { readDigest } from "./digest.ts";
import type { AuthenticationBlock, Envelope, ReceivedBytes } from "./envelope.ts";
import { expectArray, expectBytes, expectLabel, expectMap } from "./expect-item.ts";
import { isEnabled } from "./extension.ts";
import { firstItemBeyond } from "./item-budget.ts";
import { blockTag, envelopeLabel, envelopeTag, nameOf, severableLabel } from "./labels.ts";
import { decodeLayer, openBytes, receivedFrom, type Scope, scopeAt } from "./layer.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { SeverableName } from "./manifest.ts";
import { attempt, refuse, refuseMalformed, type SuitRefusal, unwrap } from "./refusal.ts";

/**
 * Takes an envelope apart without believing it: the manifest and the severed members stay unparsed bytes. The input is
 * copied once, so that what is verified is what is used even if the caller's buffer changes. An envelope without
 * authentication blocks is well formed; nobody will accept it.
 */
export function parseEnvelope(bytes: Uint8Array, limits: Limits = defaultLimits): Result<Envelope, SuitRefusal> {
  return attempt(() => {
    if (bytes.length > limits.maxBytes) {
      refuse({ code: "too-large", size: bytes.length, limit: limits.maxBytes });
    }
    return readEnvelope(new Uint8Array(bytes), 0, scopeAt(limits, 0));
  });
}

/** An envelope inside another file, of which `bytes` is a view: nothing is copied, offsets count from that file's start. */
export const parseEnvelopeAt = (bytes: Uint8Array, offset: number, limits: Limits): Result<Envelope, SuitRefusal> =>
  attempt(() => readEnvelope(bytes, offset, scopeAt(limits, 0)));

function readEnvelope(file: Uint8Array, fileOffset: number, scope: Scope): Envelope {
  const outer = decodeLayer(file, fileOffset, "envelope", scope, { tags: [envelopeTag] });
  if (outer.kind !== "tagged") refuseMalformed("wrong-type", "envelope", outer.offset);
  const map = expectMap(outer.item, "envelope");
  const members = sortMembers(map, (bytes) => receivedFrom(bytes, file, fileOffset), scope.limits);
  const wrapper = members.wrapper ?? refuseMalformed("missing", "envelope.authentication-wrapper", map.offset);
  const manifest = members.manifest ?? refuseMalformed("missing", "envelope.manifest", map.offset);
  return {
    ...readWrapper(wrapper, scope),
    manifest,
    severed: members.severed,
    integratedPayloads: members.integratedPayloads,
    encoded: file,
  };
}

interface Members {
  wrapper?: CborItem;
  manifest?: ReceivedBytes;
  readonly severed: Map<SeverableName, ReceivedBytes>;
  readonly integratedPayloads: Map<string, Uint8Array>;
}

function sortMembers(map: CborMap, received: (bytes: CborBytes) => ReceivedBytes, { extensions }: Limits): Members {
  const members: Members = { severed: new Map(), integratedPayloads: new Map() };
  for (const { key, value } of map.entries) {
    if (key.kind === "text") {
      members.integratedPayloads.set(key.value, expectBytes(value, "envelope.integrated-payload").value);
      continue;
    }
    const label = expectLabel(key, "envelope");
    const severable = nameOf(severableLabel, label);
    if (severable !== undefined && isEnabled("manifest", severable, extensions)) {
      members.severed.set(severable, received(expectBytes(value, `envelope.${severable}`)));
      continue;
    }
    switch (nameOf(envelopeLabel, label)) {
      case "authentication-wrapper":
        members.wrapper = value;
        break;
      case "manifest":
        members.manifest = received(expectBytes(value, "envelope.manifest"));
        break;
      default:
        refuse({ code: "unsupported", field: "envelope", offset: key.offset, label });
    }
  }
  return members;
}

function readWrapper(member: CborItem, outer: Scope): Pick<Envelope, "digest" | "digestElement" | "blocks"> {
  const field = "envelope.authentication-wrapper";
  const { item, scope } = openBytes(expectBytes(member, field), field, outer);
  const [first, ...rest] = expectArray(item, field).items;
  if (first === undefined) refuseMalformed("wrong-length", field, item.offset);
  const element = expectBytes(first, `${field}.digest`);
  const digest = readDigest(openBytes(element, `${field}.digest`, scope).item, `${field}.digest`);
  const overflow = rest[scope.limits.maxBlocks];
  if (overflow !== undefined) refuse({ code: "limit-exceeded", limit: "maxBlocks", offset: overflow.offset });
  const blocks = rest.map((block, i) => readBlock(block, `${field}.blocks.${i}`, scope));
  return { digest, digestElement: element.value, blocks };
}

/** Of a COSE structure, and of the protected header in it: they are read before anything is known of the sender. */
const maxBlockItems = 64;

function readBlock(item: CborItem, field: string, scope: Scope): AuthenticationBlock {
  const bytes = expectBytes(item, field);
  // Strict key order holds for SUIT maps only: COSE headers may come in any order (suit.md 10).
  const options = { tags: Object.values(blockTag), mapOrder: "any", maxItems: maxBlockItems } as const;
  const block = openBytes(bytes, field, scope, options).item;
  if (block.kind !== "tagged") refuseMalformed("wrong-type", field, block.offset);
  const header = block.item.kind === "array" ? block.item.items[0] : undefined;
  const beyond = header?.kind === "bytes" ? firstItemBeyond(header.value, maxBlockItems) : undefined;
  if (header?.kind === "bytes" && beyond !== undefined) {
    refuse({ code: "limit-exceeded", limit: "maxItems", offset: header.contentOffset + beyond });
  }
  const origin = { encoded: bytes.value, offset: bytes.contentOffset };
  if (block.tag === blockTag.sign1) return { kind: "sign1", sign1: unwrap(parseSign1(block, field)), ...origin };
  return { kind: "unsupported", tag: Number(block.tag), ...origin };
}
