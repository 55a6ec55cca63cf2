import { expect, test } from "vitest";
import { type SecondaryEvent, SecondaryTelling, secondaryLogEntry } from "./secondary-event.ts";

const subject = { sequence: 7n, manifestDigest: Uint8Array.of(0xab, 0xcd) };

test.each<[SecondaryEvent, string, string, Readonly<Record<string, string>>]>([
  [{ event: "received", action: "4", size: 841 }, "received", "success", { size: "841" }],
  [{ event: "started", action: "4", step: "install" }, "started", "success", { step: "install" }],
  [{ event: "waiting", action: "4", code: "interlock" }, "waiting", "waiting", { code: "interlock" }],
  [{ event: "refused", action: "4", code: "rollback" }, "refused", "refused", { code: "rollback" }],
  [{ event: "failed", action: "4", code: "rolled-back" }, "failed", "failure", { code: "rolled-back" }],
  [{ event: "confirmed", action: "4", how: "updated" }, "confirmed", "success", { how: "updated" }],
])("%o is logged with the name of the device", (event, type, result, facts) => {
  const entry = { source: "agent", type: `secondary-update-${type}`, result };
  expect(secondaryLogEntry("pump", event)).toEqual({ ...entry, facts: { secondary: "pump", action: "4", ...facts } });
  expect(secondaryLogEntry("pump", { ...event, subject }).facts).toEqual({
    ...{ secondary: "pump", action: "4", sequence: "7", manifestDigest: "abcd" },
    ...facts,
  });
});

function telling(): { readonly told: string[]; tell(action: string, code: string): void } {
  const told: string[] = [];
  const once = new SecondaryTelling((event) => told.push(`${event.action} ${"code" in event ? event.code : ""}`));
  return { told, tell: (action, code) => once.tell({ event: "waiting", action, code }) };
}

test("what a server offers again and again is told once for an action, and again for the next", () => {
  const { told, tell } = telling();
  for (const action of ["1", "1", "2", "2"]) for (const code of ["interlock", "interlock"]) tell(action, code);
  tell("2", "outside-window");
  expect(told).toEqual(["1 interlock", "2 interlock", "2 outside-window"]);
});

test("a device that makes up codes does not fill the log", () => {
  const { told, tell } = telling();
  for (let code = 0; code < 1000; code++) tell("1", `code-${code}`);
  expect(told).toHaveLength(16);
});
