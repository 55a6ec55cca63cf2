import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { type Rejection, stageImage, type TrustPart, type TrustParts } from "@sumac/verifier";
import type { EventSigner } from "../device/device-event.ts";
import { eventSigners } from "../device/event-signers.ts";
import { sha256 } from "../sha256.ts";
import type { SlotName } from "../slots/slot.ts";
import { bootJudge, verifyStoredEnvelope } from "../slots/slot-check.ts";
import type { Slots } from "../slots/slots.ts";
import type { DeviceState, StoredTrust } from "../state/state.ts";
import { parseTrustPart, type UnusableTrustRecord } from "./trust-in-force.ts";
import {
  judgeNewTrust,
  maxTrustRecordBytes,
  type TrustOffer,
  type TrustUpdateRefusal,
  withPart,
} from "./trust-update.ts";

export interface TrustSource {
  /** The record, from its first byte; not asked for if it is in the envelope. May throw `Unavailable`. */
  fetch(uri: string): AsyncIterable<Uint8Array>;
}

/** A change of what the device believes, as it is told and logged (CR 2.8). */
export interface TrustChange {
  readonly part: TrustPart;
  readonly sequence: bigint;
  /** SHA-256 of the record before; absent = there was none. */
  readonly from?: Uint8Array;
  readonly to: Uint8Array;
  /** Root keys that signed; nobody where it was set on site. */
  readonly signers: readonly EventSigner[];
}

/** What is to be stored, in one write. */
export interface NewTrust {
  readonly stored: StoredTrust;
  readonly parts: TrustParts;
  readonly change: TrustChange;
}

export interface TrustChangeContext {
  readonly crypto: Crypto;
  readonly slots: Slots;
  readonly state: DeviceState;
  /** Of `state`, parsed. */
  readonly inForce: TrustParts;
}

/** Checks 10 and after for a trust update: the payload, and the record in it. Stores nothing. */
export async function receiveTrust(
  offer: TrustOffer,
  source: TrustSource,
  context: TrustChangeContext,
): Promise<Result<NewTrust, TrustUpdateRefusal>> {
  const { crypto, inForce } = context;
  const payload = await collect(offer, source, crypto);
  if (!payload.ok) return payload;
  const parts = await judgeNewTrust(payload.value, offer, {
    crypto,
    inForce,
    stranded: (next) => findStranded(next, context),
  });
  if (!parts.ok) return parts;
  const { manifest } = offer.update;
  return ok(
    newTrust(offer.part, payload.value, manifest.sequenceNumber, parts.value, context, {
      signers: eventSigners(offer.update),
    }),
  );
}

/** Why the first owner's part is not taken. */
export type OwnRefusal =
  | UnusableTrustRecord
  | { readonly code: "trial-running" }
  /** There is one, and only its root keys replace it. */
  | { readonly code: "already-owned" }
  | { readonly code: "trust-record-too-large"; readonly size: number; readonly limit: number };

/**
 * The first owner's part, handed in on site by whoever holds the device (EDR 3.13): no network, no vendor takes part.
 * Boots are not touched by it, so nothing can be stranded.
 */
export function takeOwner(record: Uint8Array, context: TrustChangeContext): Result<NewTrust, OwnRefusal> {
  const { crypto, state, inForce } = context;
  if (state.trust.owner !== undefined) return err({ code: "already-owned" });
  if (record.length > maxTrustRecordBytes) {
    return err({ code: "trust-record-too-large", size: record.length, limit: maxTrustRecordBytes });
  }
  const parsed = parseTrustPart("owner", record, crypto);
  if (!parsed.ok) return parsed;
  const parts = withPart(inForce, "owner", parsed.value);
  return parts.ok ? ok(newTrust("owner", record, 0n, parts.value, context, { signers: [] })) : parts;
}

/** In memory: it is small, and nothing is written before all of it was judged. */
async function collect(
  { source, expected }: TrustOffer,
  { fetch }: TrustSource,
  crypto: Crypto,
): Promise<Result<Uint8Array, Rejection>> {
  const record = new Uint8Array(Math.min(Number(expected.size), maxTrustRecordBytes));
  return stageImage(
    source.kind === "integrated" ? once(source.image) : fetch(source.uri),
    expected,
    {
      capacity: BigInt(maxTrustRecordBytes),
      write: async (offset, chunk) => record.set(chunk, offset),
      seal: async () => record,
    },
    crypto,
  );
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/**
 * The confirmed slot or that of recovery, if what lies there boots under the record in force and would not under the
 * next. What does not boot now is no reason to keep a record that should go.
 */
async function findStranded(
  next: TrustParts,
  { crypto, slots, state, inForce }: TrustChangeContext,
): Promise<{ readonly slot: SlotName; readonly because: Rejection } | undefined> {
  const spare: readonly SlotName[] = slots.recovery === undefined ? [] : ["recovery"];
  for (const slot of [state.boot.active, ...spare]) {
    const content = await slots.inspect(slot);
    if (content.state !== "sealed") continue;
    const bootsUnder = (parts: TrustParts): Result<unknown, Rejection> =>
      verifyStoredEnvelope(content.envelope, slots, slot, bootJudge(slot, state, parts, crypto));
    const after = bootsUnder(next);
    if (!after.ok && bootsUnder(inForce).ok) return { slot, because: after.error };
  }
  return undefined;
}

function newTrust(
  part: TrustPart,
  record: Uint8Array,
  sequence: bigint,
  parts: TrustParts,
  { crypto, state }: TrustChangeContext,
  { signers }: Pick<TrustChange, "signers">,
): NewTrust {
  const before = state.trust[part];
  return {
    stored: { ...state.trust, [part]: { record, sequence } },
    parts,
    change: {
      part,
      sequence,
      ...(before === undefined ? {} : { from: sha256(crypto, before.record) }),
      to: sha256(crypto, record),
      signers,
    },
  };
}
