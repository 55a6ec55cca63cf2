import type { AnswerFields } from "./answer-fields.ts";
import type { SmpMap } from "./body.ts";
import { readDigest, type SumacDigest, writeDigest } from "./sumac-digest.ts";
import { type SumacState, sumacProtocol, sumacState } from "./sumac-labels.ts";

/** Who a device is, and where it stands. It says so itself, unsigned: a sender chooses by it, and the device decides. */
export interface SumacIdentity {
  /** Of this group; 1 today. */
  readonly protocol: number;
  /** UUIDs, 16 bytes each. */
  readonly vendorIds: readonly Uint8Array[];
  readonly classIds: readonly Uint8Array[];
  readonly deviceId?: Uint8Array;
  readonly components: readonly SumacComponent[];
  /** Highest confirmed sequence number. */
  readonly floor: bigint;
  readonly state: SumacState;
  /** Of the manifest that runs; absent = what runs came without one. */
  readonly manifest?: SumacDigest;
  /** Of the trust record. */
  readonly trust: SumacDigest;
}

export interface SumacComponent {
  readonly id: readonly Uint8Array[];
  /** Bytes that fit. */
  readonly maxSize: bigint;
  readonly slot?: number;
}

const uuidLength = 16;
const longestIdPart = 64;

export const writeIdentity = (identity: SumacIdentity): SmpMap => ({
  protocol: identity.protocol,
  vendors: identity.vendorIds,
  classes: identity.classIds,
  ...(identity.deviceId === undefined ? {} : { device: identity.deviceId }),
  components: identity.components.map(({ id, maxSize, slot }) => ({
    id,
    max: maxSize,
    ...(slot === undefined ? {} : { slot }),
  })),
  floor: identity.floor,
  state: identity.state,
  ...(identity.manifest === undefined ? {} : { manifest: writeDigest(identity.manifest) }),
  trust: writeDigest(identity.trust),
});

export function readIdentityFields(fields: AnswerFields): SumacIdentity {
  const protocol = fields.whole("protocol");
  if (protocol < sumacProtocol) return fields.refuse("protocol");
  return {
    protocol,
    vendorIds: uuids(fields, "vendors"),
    classIds: uuids(fields, "classes"),
    ...(fields.has("device") ? { deviceId: fields.bytes("device", uuidLength, uuidLength) } : {}),
    components: fields.maps("components", (item) => ({
      id: item.byteStrings("id", longestIdPart),
      maxSize: item.large("max"),
      ...(item.has("slot") ? { slot: item.whole("slot") } : {}),
    })),
    floor: fields.large("floor"),
    state: fields.word("state", sumacState),
    ...(fields.has("manifest") ? { manifest: readDigest(fields, "manifest") } : {}),
    trust: readDigest(fields, "trust"),
  };
}

function uuids(fields: AnswerFields, name: string): readonly Uint8Array[] {
  const found = fields.byteStrings(name, uuidLength);
  return found.every(({ length }) => length === uuidLength) ? found : fields.refuse(name);
}
