import { decode, encode, toValue } from "@sumac/cbor";
import { describe, expect, test } from "vitest";
import { type DeviceState, parseState, serializeState } from "./state.ts";
import { bootStateLabel, formerStateLabel, imageSlotLabel, slotLabel, stateLabel } from "./state-labels.ts";

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

const state: DeviceState = {
  floor: { sequence: 2n ** 63n, manifestDigest: filled(32, 1) },
  recovery: { sequence: 4n, manifestDigest: filled(32, 9) },
  boot: {
    state: "armed",
    active: "b",
    trials: [
      { manifestDigest: filled(32, 7), attempts: 3 },
      { manifestDigest: filled(64, 8), attempts: 1 },
    ],
  },
  trust: {
    vendor: { record: Uint8Array.of(1, 2, 3), sequence: 7n },
    owner: { record: Uint8Array.of(4), sequence: 0n },
  },
  identity: {
    vendorIds: [filled(16, 2)],
    classIds: [filled(16, 3), filled(16, 4)],
    deviceId: filled(16, 5),
    components: [[Uint8Array.of(0)], [Uint8Array.of(1), Uint8Array.of(2)]],
  },
  lastTime: 1_800_000_000n,
  report: { action: "17", manifestDigest: filled(32, 6) },
  configurationDigest: filled(32, 10),
  seal: filled(100, 11),
};

describe("state", () => {
  test("comes back as it was written", () => {
    expect(parseState(serializeState(state))).toEqual({ ok: true, value: state });
    const { deviceId: _deviceId, ...identity } = state.identity;
    const { floor, boot, lastTime } = state;
    const small: DeviceState = { floor, boot, lastTime, identity, trust: { vendor: state.trust.vendor } };
    expect(parseState(serializeState(small))).toEqual({ ok: true, value: small });
  });

  test("every boot state and slot comes back", () => {
    for (const name of Object.keys(bootStateLabel) as (keyof typeof bootStateLabel)[]) {
      for (const active of Object.keys(imageSlotLabel) as (keyof typeof imageSlotLabel)[]) {
        const boot = { state: name, active, trials: [] };
        expect(parseState(serializeState({ ...state, boot }))).toMatchObject({ ok: true, value: { boot } });
      }
    }
  });

  test("numbers are used once, over both versions", () => {
    for (const labels of [{ ...stateLabel, ...prefixed(formerStateLabel) }, bootStateLabel, slotLabel]) {
      expect(new Set(Object.values(labels)).size).toBe(Object.keys(labels).length);
    }
  });

  /** As version 1 wrote it. */
  const former = (change: (map: Map<unknown, unknown>) => void = () => undefined): Uint8Array => {
    const map = new Map<never, never>(
      Object.entries({
        1: 1,
        2: [9n, filled(32, 1)],
        3: [bootStateLabel.staged, 1, 2],
        4: Uint8Array.of(1, 2, 3),
        5: [[filled(16, 2)], [filled(16, 3)], null, [Uint8Array.of(0)]],
        6: 1_700_000_000n,
        7: ["17", filled(32, 6)],
      }).map(([label, value]) => [Number(label), value]) as never,
    );
    change(map);
    return encode(map);
  };

  test("version 1 is read: its component is the set, its trust record the vendor's part", () => {
    const migrated: DeviceState = {
      floor: { sequence: 9n, manifestDigest: filled(32, 1) },
      boot: { state: "staged", active: "b", trials: [] },
      trust: { vendor: { record: Uint8Array.of(1, 2, 3), sequence: 0n } },
      identity: { vendorIds: [filled(16, 2)], classIds: [filled(16, 3)], components: [[Uint8Array.of(0)]] },
      lastTime: 1_700_000_000n,
      report: { action: "17", manifestDigest: filled(32, 6) },
    };
    expect(parseState(former())).toEqual({ ok: true, value: migrated });
    expect(parseState(serializeState(migrated))).toEqual({ ok: true, value: migrated });
  });

  for (const [what, bytes, field] of [
    ["members of version 2", former((map) => map.set(stateLabel.trust, [])), "state.label"],
    ["no trust record", former((map) => map.delete(formerStateLabel["trust-record"])), "state.trust-record"],
    ["no floor", former((map) => map.delete(stateLabel.floor)), "state.floor"],
  ] as const) {
    test(`version 1 with ${what} is refused`, () => {
      expect(parseState(bytes)).toMatchObject({ ok: false, error: { code: "malformed", field } });
    });
  }

  const changed = (change: (map: Map<unknown, unknown>) => void): Uint8Array => {
    const decoded = decode(serializeState(state), { field: "state" });
    if (!decoded.ok) throw new Error("unreadable");
    const map = toValue(decoded.value) as Map<never, never>;
    change(map);
    return encode(map);
  };
  const refused: readonly [string, Uint8Array, string, string][] = [
    ["another version", changed((map) => map.set(stateLabel.version, 3)), "wrong-value", "state.version"],
    ["an unknown member", changed((map) => map.set(99, 0)), "not-allowed-here", "state.label"],
    ["a text label", changed((map) => map.set("floor", 0)), "not-allowed-here", "state.label"],
    ["no floor", changed((map) => map.delete(stateLabel.floor)), "missing", "state.floor"],
    [
      "a negative floor",
      changed((map) => map.set(stateLabel.floor, [-1, new Uint8Array(32)])),
      "wrong-type",
      "state.floor.sequence",
    ],
    ["a short floor", changed((map) => map.set(stateLabel.floor, [1])), "wrong-length", "state.floor"],
    [
      "an unknown boot state",
      changed((map) => map.set(stateLabel.boot, [9, 0, []])),
      "wrong-value",
      "state.boot.state",
    ],
    ["an unknown slot", changed((map) => map.set(stateLabel.boot, [0, 2, []])), "wrong-value", "state.boot.active"],
    [
      "a trust record that is text",
      changed((map) => map.set(stateLabel.trust, [["x", 0], null])),
      "wrong-type",
      "state.trust.vendor.record",
    ],
    [
      "a member of version 1",
      changed((map) => map.set(formerStateLabel["trust-record"], Uint8Array.of(1))),
      "not-allowed-here",
      "state.label",
    ],
    [
      "a trial without a count",
      changed((map) => map.set(stateLabel.boot, [0, 0, [[filled(32, 1)]]])),
      "wrong-length",
      "state.boot.trials",
    ],
    [
      "a short vendor id",
      changed((map) => map.set(stateLabel.identity, [[new Uint8Array(4)], [], null, []])),
      "wrong-length",
      "state.identity.vendors",
    ],
    ["an array", encode([]), "wrong-type", "state."],
    ["nothing", new Uint8Array(), "truncated", "state"],
  ];
  for (const [what, bytes, reason, field] of refused) {
    test(`refuses ${what}`, () => {
      expect(parseState(bytes)).toMatchObject({ ok: false, error: { code: "malformed", reason, field } });
    });
  }

  test("no cut and no flipped bit makes the parser throw", () => {
    const bytes = serializeState(state);
    for (let i = 0; i < bytes.length; i++) {
      expect(parseState(bytes.subarray(0, i)).ok).toBe(false);
      for (let bit = 0; bit < 8; bit++) parseState(bytes.with(i, (bytes[i] ?? 0) ^ (1 << bit)));
    }
  });
});

const prefixed = (labels: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(labels).map(([name, label]) => [`former ${name}`, label]));
