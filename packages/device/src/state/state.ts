import {
  type CborItem,
  type CborMap,
  type CborValue,
  decode,
  encode,
  lookUp,
  type Malformed,
  type Result,
} from "@sumac/cbor";
import type { ComponentId } from "@sumac/suit";
import type { BootRecord, BootState, TrialCount } from "../device/boot.ts";
import type { ImageSlotName } from "../slots/slot.ts";
import {
  bytesOf,
  list,
  member,
  named,
  onlyMembers,
  readItem,
  textOf,
  Unreadable,
  uint,
  unlessNull,
} from "./item-reader.ts";

import { bootStateLabel, formerStateLabel, imageSlotLabel, stateLabel, stateVersion } from "./state-labels.ts";

/** Everything a device has to remember over a power cut, but for images, envelopes and event log. Written as a whole. */
export interface DeviceState {
  /** Of the release set. */
  readonly floor: Floor;
  /** Floor of the recovery set; absent = no recovery image was ever put in. */
  readonly recovery?: Floor;
  readonly boot: BootRecord;
  readonly trust: StoredTrust;
  readonly identity: DeviceIdentity;
  /** Seconds since 1970, the latest trusted time seen; 0 = none. Never goes back (trust.md 4). */
  readonly lastTime: bigint;
  /** The server action whose outcome is still to be reported. */
  readonly report?: PendingReport;
  /** Of the device's configuration as it was last declared right, for the integrity check. */
  readonly configurationDigest?: Uint8Array;
  /** Signed by the device, over what the integrity check compares with; see `integrity-seal.ts`. */
  readonly seal?: Uint8Array;
}

/** The highest sequence number that a set of components has had for good, and the manifest that had it (trust.md 3). */
export interface Floor {
  readonly sequence: bigint;
  readonly manifestDigest: Uint8Array;
}

/** The two parts of the trust record, each as it was provisioned or last replaced; parsed by the verifier. */
export interface StoredTrust {
  readonly vendor: StoredTrustPart;
  /** Absent: no owner has come yet. */
  readonly owner?: StoredTrustPart;
}

export interface StoredTrustPart {
  readonly record: Uint8Array;
  /** Of the trust update that wrote it; 0 = provisioned. */
  readonly sequence: bigint;
}

/** Identifiers are 16 bytes; vendors and classes are sets (suit.md 2.4). */
export interface DeviceIdentity {
  readonly vendorIds: readonly Uint8Array[];
  readonly classIds: readonly Uint8Array[];
  readonly deviceId?: Uint8Array;
  /** The release set: a release covers all of them, together. */
  readonly components: readonly ComponentId[];
}

export interface PendingReport {
  /** The server's name for it. */
  readonly action: string;
  readonly manifestDigest: Uint8Array;
}

export function serializeState(state: DeviceState): Uint8Array {
  const { boot, identity, trust, report, recovery, configurationDigest, seal } = state;
  const map = new Map<CborValue, CborValue>([
    [stateLabel.version, stateVersion],
    [stateLabel.floor, floorItem(state.floor)],
    [stateLabel["last-time"], state.lastTime],
    [
      stateLabel.boot,
      [
        bootStateLabel[boot.state],
        imageSlotLabel[boot.active],
        boot.trials.map(({ manifestDigest, attempts }) => [manifestDigest, attempts]),
      ],
    ],
    [
      stateLabel.identity,
      [
        [...identity.vendorIds],
        [...identity.classIds],
        identity.deviceId ?? null,
        identity.components.map((id) => [...id]),
      ],
    ],
    [stateLabel.trust, [trustItem(trust.vendor), trust.owner === undefined ? null : trustItem(trust.owner)]],
  ]);
  if (report !== undefined) map.set(stateLabel.report, [report.action, report.manifestDigest]);
  if (recovery !== undefined) map.set(stateLabel.recovery, floorItem(recovery));
  if (configurationDigest !== undefined) map.set(stateLabel["configuration-digest"], configurationDigest);
  if (seal !== undefined) map.set(stateLabel.seal, seal);
  return encode(map);
}

const floorItem = ({ sequence, manifestDigest }: Floor): CborValue => [sequence, manifestDigest];
const trustItem = ({ record, sequence }: StoredTrustPart): CborValue => [record, sequence];

/** The inverse, of version 1 too; refuses everything else, unknown members too. */
export function parseState(bytes: Uint8Array): Result<DeviceState, Malformed> {
  const decoded = decode(bytes, { field: "state" });
  if (!decoded.ok) return decoded;
  return readItem("state", () => readState(decoded.value));
}

function readState(item: CborItem): DeviceState {
  if (item.kind !== "map") throw new Unreadable("wrong-type", "", item);
  const version = member(item, stateLabel, "version");
  const number = uint(version, "version");
  if (number === 1n) return readFormerState(item);
  if (number !== BigInt(stateVersion)) throw new Unreadable("wrong-value", "version", version);
  onlyMembers(item, stateLabel);
  const recovery = lookUp(item, stateLabel.recovery);
  const configuration = lookUp(item, stateLabel["configuration-digest"]);
  const seal = lookUp(item, stateLabel.seal);
  return {
    ...readCommon(item),
    boot: readBoot(member(item, stateLabel, "boot")),
    trust: readTrust(member(item, stateLabel, "trust")),
    identity: readIdentity(member(item, stateLabel, "identity")),
    ...(recovery === undefined ? {} : { recovery: readFloor(recovery, "recovery") }),
    ...(configuration === undefined ? {} : { configurationDigest: bytesOf(configuration, "configuration-digest") }),
    ...(seal === undefined ? {} : { seal: bytesOf(seal, "seal") }),
  };
}

/**
 * Version 1 knew one component, one trust record and no count of trials by manifest. What it says goes on to hold; the
 * next write stores it as version 2.
 */
function readFormerState(map: CborMap): DeviceState {
  const { version, floor, report, "last-time": lastTime } = stateLabel;
  onlyMembers(map, { version, floor, report, lastTime }, formerStateLabel);
  const [state, active] = list(member(map, formerStateLabel, "boot"), "boot", 3);
  const record = bytesOf(member(map, formerStateLabel, "trust-record"), "trust-record");
  const [vendors, classes, device, component] = list(member(map, formerStateLabel, "identity"), "identity", 4);
  return {
    ...readCommon(map),
    boot: readPointer(state, active, []),
    trust: { vendor: { record, sequence: 0n } },
    identity: { ...readIdentifiers(vendors, classes, device), components: [readComponent(component)] },
  };
}

function readCommon(map: CborMap): Pick<DeviceState, "floor" | "lastTime" | "report"> {
  const report = lookUp(map, stateLabel.report);
  return {
    floor: readFloor(member(map, stateLabel, "floor"), "floor"),
    lastTime: uint(member(map, stateLabel, "last-time"), "last-time"),
    ...(report === undefined ? {} : { report: readReport(report) }),
  };
}

function readFloor(item: CborItem, field: string): Floor {
  const [sequence, digest] = list(item, field, 2);
  return { sequence: uint(sequence, `${field}.sequence`), manifestDigest: bytesOf(digest, `${field}.digest`) };
}

function readBoot(item: CborItem): BootRecord {
  const [state, active, trials] = list(item, "boot", 3);
  return readPointer(state, active, list(trials, "boot.trials").map(readTrial));
}

const readPointer = (state: CborItem, active: CborItem, trials: readonly TrialCount[]): BootRecord => ({
  state: named<BootState>(state, "boot.state", bootStateLabel),
  active: named<ImageSlotName>(active, "boot.active", imageSlotLabel),
  trials,
});

function readTrial(item: CborItem): TrialCount {
  const [digest, attempts] = list(item, "boot.trials", 2);
  return {
    manifestDigest: bytesOf(digest, "boot.trials.digest"),
    attempts: Number(uint(attempts, "boot.trials.attempts")),
  };
}

function readTrust(item: CborItem): StoredTrust {
  const [vendor, owner] = list(item, "trust", 2);
  const ownerPart = unlessNull(owner, (part) => readTrustPart(part, "trust.owner"));
  return { vendor: readTrustPart(vendor, "trust.vendor"), ...(ownerPart === undefined ? {} : { owner: ownerPart }) };
}

function readTrustPart(item: CborItem, field: string): StoredTrustPart {
  const [record, sequence] = list(item, field, 2);
  return { record: bytesOf(record, `${field}.record`), sequence: uint(sequence, `${field}.sequence`) };
}

function readIdentity(item: CborItem): DeviceIdentity {
  const [vendors, classes, device, components] = list(item, "identity", 4);
  return {
    ...readIdentifiers(vendors, classes, device),
    components: list(components, "identity.components").map(readComponent),
  };
}

function readIdentifiers(vendors: CborItem, classes: CborItem, device: CborItem): Omit<DeviceIdentity, "components"> {
  const deviceId = unlessNull(device, (id) => bytesOf(id, "identity.device", 16));
  return {
    vendorIds: list(vendors, "identity.vendors").map((id) => bytesOf(id, "identity.vendors", 16)),
    classIds: list(classes, "identity.classes").map((id) => bytesOf(id, "identity.classes", 16)),
    ...(deviceId === undefined ? {} : { deviceId }),
  };
}

const readComponent = (item: CborItem): ComponentId =>
  list(item, "identity.component").map((segment) => bytesOf(segment, "identity.component"));

function readReport(item: CborItem): PendingReport {
  const [action, digest] = list(item, "report", 2);
  return { action: textOf(action, "report.action"), manifestDigest: bytesOf(digest, "report.digest") };
}
