import { decode, encode, toValue } from "@sumac/cbor";
import { describe, expect, test } from "vitest";
import { type DeviceState, parseState, serializeState } from "./state.ts";
import { bootStateLabel, slotLabel, stateLabel } from "./state-labels.ts";

const state: DeviceState = {
  floor: { sequence: 2n ** 63n, manifestDigest: new Uint8Array(32).fill(1) },
  boot: { state: "armed", active: "b", attempts: 2 },
  trustRecord: Uint8Array.of(1, 2, 3),
  identity: {
    vendorIds: [new Uint8Array(16).fill(2)],
    classIds: [new Uint8Array(16).fill(3), new Uint8Array(16).fill(4)],
    deviceId: new Uint8Array(16).fill(5),
    component: [Uint8Array.of(0)],
  },
  lastTime: 1_800_000_000n,
  report: { action: "17", manifestDigest: new Uint8Array(32).fill(6) },
};

describe("state", () => {
  test("comes back as it was written", () => {
    expect(parseState(serializeState(state))).toEqual({ ok: true, value: state });
    const { report: _report, ...withoutReport } = state;
    const { deviceId: _deviceId, ...identity } = state.identity;
    const small = { ...withoutReport, identity };
    expect(parseState(serializeState(small))).toEqual({ ok: true, value: small });
  });

  test("every boot state and slot comes back", () => {
    for (const name of Object.keys(bootStateLabel) as (keyof typeof bootStateLabel)[]) {
      for (const active of Object.keys(slotLabel) as (keyof typeof slotLabel)[]) {
        const boot = { state: name, active, attempts: 0 };
        expect(parseState(serializeState({ ...state, boot }))).toMatchObject({ ok: true, value: { boot } });
      }
    }
  });

  test("numbers are used once", () => {
    for (const labels of [stateLabel, bootStateLabel, slotLabel]) {
      expect(new Set(Object.values(labels)).size).toBe(Object.keys(labels).length);
    }
  });

  const changed = (change: (map: Map<unknown, unknown>) => void): Uint8Array => {
    const decoded = decode(serializeState(state), { field: "state" });
    if (!decoded.ok) throw new Error("unreadable");
    const map = toValue(decoded.value) as Map<never, never>;
    change(map);
    return encode(map);
  };
  const refused: readonly [string, Uint8Array, string, string][] = [
    ["another version", changed((map) => map.set(stateLabel.version, 2)), "wrong-value", "state.version"],
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
    ["an unknown boot state", changed((map) => map.set(stateLabel.boot, [9, 0, 0])), "wrong-value", "state.boot.state"],
    ["an unknown slot", changed((map) => map.set(stateLabel.boot, [0, 2, 0])), "wrong-value", "state.boot.active"],
    [
      "a trust record that is text",
      changed((map) => map.set(stateLabel["trust-record"], "x")),
      "wrong-type",
      "state.trust-record",
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
