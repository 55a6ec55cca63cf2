import { describe, expect, test } from "vitest";
import { type DeviceProblem, explainDevice, explainFault } from "./explain.ts";
import type { UnavailableCode } from "./unavailable.ts";

const problems: readonly DeviceProblem[] = [
  { code: "trial-running" },
  { code: "recovery-running" },
  { code: "trials-exhausted", attempts: 3, limit: 3 },
  { code: "components-incomplete", missing: [[Uint8Array.of(0x66, 0x77)]] },
  { code: "components-mixed" },
  { code: "components-misfit", device: [[Uint8Array.of(0x61)]], slots: [[Uint8Array.of(0)]] },
  { code: "state-too-large", excess: 12, capacity: 400 },
  { code: "already-provisioned" },
  { code: "state-unusable", problem: { code: "state-unreadable", because: "no-valid-copy" } },
  { code: "state-unreadable", because: "no-valid-copy" },
  { code: "state-unreadable", because: "newest-copy-damaged" },
  { code: "state-malformed", problem: { code: "malformed", reason: "missing", field: "state.floor", offset: 1 } },
  { code: "trust-record-refused", part: "vendor", problem: { code: "trust-no-release-role" } },
  { code: "no-usable-slot", slots: { a: { code: "slot-empty" }, b: { code: "slot-damaged" } } },
  { code: "slot-empty" },
  { code: "slot-unsealed" },
  { code: "slot-damaged" },
  { code: "slot-unreadable", fault: "storage-failed" },
  { code: "rollback", offered: 4n, floor: 5n },
];
const faults: readonly UnavailableCode[] = [
  "server-unreachable",
  "gone",
  "artifact-missing",
  "storage-failed",
  "storage-full",
  "storage-locked",
  "storage-foreign",
  "installer-failed",
  "installer-timed-out",
];

describe("explain", () => {
  for (const problem of problems) {
    test(`says what ${problem.code} is and what to do, as a line of its own`, () => {
      const said = explainDevice(problem);
      for (const sentence of [said.problem, said.remedy]) expect(sentence).toMatch(/^[a-z][^\n]{10,}[^.\n]$/);
    });
  }

  for (const code of faults) {
    test(`says what ${code} is and what to do`, () => {
      const said = explainFault(code);
      for (const sentence of [said.problem, said.remedy]) expect(sentence).toMatch(/^[a-z][^\n]{10,}[^.\n]$/);
    });
  }

  test("names the facts", () => {
    expect(
      explainDevice({
        code: "no-usable-slot",
        slots: { a: { code: "slot-empty" }, b: { code: "rollback", offered: 4n, floor: 5n } },
      }).problem,
    ).toContain("a slot-empty, b rollback");
    expect(explainDevice({ code: "rollback", offered: 4n, floor: 5n }).problem).toContain("4");
    expect(
      explainDevice({ code: "components-incomplete", missing: [[Uint8Array.of(0x66, 0x77), Uint8Array.of(0x31)]] })
        .problem,
    ).toContain("fw/1");
    const misfit = {
      code: "components-misfit",
      device: [[Uint8Array.of(0x61)]],
      slots: [[Uint8Array.of(0x1b)]],
    } as const;
    expect(explainDevice(misfit).problem).toContain("with a, its slots are for 1b");
  });
});
