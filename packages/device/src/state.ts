import {
  type CborItem,
  type CborMap,
  type CborValue,
  decode,
  encode,
  err,
  lookUp,
  type Malformed,
  malformed,
  ok,
  type Result,
} from "@sumac/cbor";
import type { ComponentId } from "@sumac/suit";
import type { BootRecord, BootState } from "./boot.ts";
import type { SlotName } from "./slot.ts";
import { bootStateLabel, slotLabel, stateLabel, stateVersion } from "./state-labels.ts";

/** Everything a device has to remember over a power cut, but for the images and their envelopes. Written as a whole. */
export interface DeviceState {
  readonly floor: Floor;
  readonly boot: BootRecord;
  /** As provisioned; parsed by the verifier. */
  readonly trustRecord: Uint8Array;
  readonly identity: DeviceIdentity;
  /** Seconds since 1970, the latest trusted time seen; 0 = none. Never goes back (trust.md 4). */
  readonly lastTime: bigint;
  /** The server action whose outcome is still to be reported. */
  readonly report?: PendingReport;
}

/** The highest confirmed sequence number, and the manifest that had it (trust.md 3). */
export interface Floor {
  readonly sequence: bigint;
  readonly manifestDigest: Uint8Array;
}

/** Identifiers are 16 bytes; vendors and classes are sets (suit.md 2.4). */
export interface DeviceIdentity {
  readonly vendorIds: readonly Uint8Array[];
  readonly classIds: readonly Uint8Array[];
  readonly deviceId?: Uint8Array;
  readonly component: ComponentId;
}

export interface PendingReport {
  /** The server's name for it. */
  readonly action: string;
  readonly manifestDigest: Uint8Array;
}

export function serializeState(state: DeviceState): Uint8Array {
  const { floor, boot, identity, report } = state;
  const map = new Map<CborValue, CborValue>([
    [stateLabel.version, stateVersion],
    [stateLabel.floor, [floor.sequence, floor.manifestDigest]],
    [stateLabel.boot, [bootStateLabel[boot.state], slotLabel[boot.active], boot.attempts]],
    [stateLabel["trust-record"], state.trustRecord],
    [
      stateLabel.identity,
      [[...identity.vendorIds], [...identity.classIds], identity.deviceId ?? null, [...identity.component]],
    ],
    [stateLabel["last-time"], state.lastTime],
  ]);
  if (report !== undefined) map.set(stateLabel.report, [report.action, report.manifestDigest]);
  return encode(map);
}

/** The inverse; refuses everything `serializeState` does not write, unknown members too. */
export function parseState(bytes: Uint8Array): Result<DeviceState, Malformed> {
  const decoded = decode(bytes, { field: "state" });
  if (!decoded.ok) return decoded;
  try {
    return ok(readState(decoded.value));
  } catch (thrown) {
    if (thrown instanceof Unreadable) return err(thrown.refusal);
    throw thrown;
  }
}

/** Unwinds the readers below; never leaves this file. */
class Unreadable extends Error {
  readonly refusal: Malformed;

  constructor(reason: Malformed["reason"], field: string, item: CborItem) {
    super(reason);
    this.refusal = malformed(reason, `state.${field}`, item.offset);
  }
}

function readState(item: CborItem): DeviceState {
  if (item.kind !== "map") throw new Unreadable("wrong-type", "", item);
  const known = new Set<number | bigint>(Object.values(stateLabel));
  const stranger = item.entries.find(({ key }) => key.kind !== "integer" || !known.has(key.value));
  if (stranger !== undefined) throw new Unreadable("not-allowed-here", "label", stranger.key);
  const version = need(item, "version");
  if (uint(version, "version") !== BigInt(stateVersion)) throw new Unreadable("wrong-value", "version", version);
  const report = lookUp(item, stateLabel.report);
  return {
    floor: readFloor(need(item, "floor")),
    boot: readBoot(need(item, "boot")),
    trustRecord: bytesOf(need(item, "trust-record"), "trust-record"),
    identity: readIdentity(need(item, "identity")),
    lastTime: uint(need(item, "last-time"), "last-time"),
    ...(report === undefined ? {} : { report: readReport(report) }),
  };
}

function readFloor(item: CborItem): Floor {
  const [sequence, digest] = list(item, "floor", 2);
  return { sequence: uint(sequence, "floor.sequence"), manifestDigest: bytesOf(digest, "floor.digest") };
}

function readBoot(item: CborItem): BootRecord {
  const [state, active, attempts] = list(item, "boot", 3);
  return {
    state: named<BootState>(state, "boot.state", bootStateLabel),
    active: named<SlotName>(active, "boot.active", slotLabel),
    attempts: Number(uint(attempts, "boot.attempts")),
  };
}

function readIdentity(item: CborItem): DeviceIdentity {
  const [vendors, classes, device, component] = list(item, "identity", 4);
  const isNull = device.kind === "simple" && device.value === null;
  return {
    vendorIds: list(vendors, "identity.vendors").map((id) => bytesOf(id, "identity.vendors", 16)),
    classIds: list(classes, "identity.classes").map((id) => bytesOf(id, "identity.classes", 16)),
    ...(isNull ? {} : { deviceId: bytesOf(device, "identity.device", 16) }),
    component: list(component, "identity.component").map((segment) => bytesOf(segment, "identity.component")),
  };
}

function readReport(item: CborItem): PendingReport {
  const [action, digest] = list(item, "report", 2);
  if (action.kind !== "text") throw new Unreadable("wrong-type", "report.action", action);
  return { action: action.value, manifestDigest: bytesOf(digest, "report.digest") };
}

function need(map: CborMap, name: keyof typeof stateLabel): CborItem {
  const found = lookUp(map, stateLabel[name]);
  if (found === undefined) throw new Unreadable("missing", name, map);
  return found;
}

function list(item: CborItem, field: string, length: 2): readonly [CborItem, CborItem];
function list(item: CborItem, field: string, length: 3): readonly [CborItem, CborItem, CborItem];
function list(item: CborItem, field: string, length: 4): readonly [CborItem, CborItem, CborItem, CborItem];
function list(item: CborItem, field: string): readonly CborItem[];
function list(item: CborItem, field: string, length?: number): readonly CborItem[] {
  if (item.kind !== "array") throw new Unreadable("wrong-type", field, item);
  if (length !== undefined && item.items.length !== length) throw new Unreadable("wrong-length", field, item);
  return item.items;
}

function uint(item: CborItem, field: string): bigint {
  if (item.kind !== "integer" || item.value < 0) throw new Unreadable("wrong-type", field, item);
  return BigInt(item.value);
}

function bytesOf(item: CborItem, field: string, length?: number): Uint8Array {
  if (item.kind !== "bytes") throw new Unreadable("wrong-type", field, item);
  if (length !== undefined && item.value.length !== length) throw new Unreadable("wrong-length", field, item);
  return item.value;
}

function named<Name extends string>(item: CborItem, field: string, labels: Readonly<Record<Name, number>>): Name {
  const label = uint(item, field);
  for (const name in labels) if (BigInt(labels[name]) === label) return name;
  throw new Unreadable("wrong-value", field, item);
}
