import { expect, test } from "vitest";
import { manifestLabel } from "../labels.ts";
import { capabilityLabel, failureLabel, reportLabel, reportReason, reportSection } from "./labels.ts";

test.each(
  Object.entries({ reportLabel: { ...reportLabel, ...failureLabel }, reportReason, reportSection, capabilityLabel }),
)("%s gives each number once", (_, registry) => {
  const numbers = Object.values(registry);
  expect(new Set(numbers).size).toBe(numbers.length);
});

test("a section has the number of its member in the manifest", () => {
  for (const [name, label] of Object.entries(reportSection)) {
    expect(manifestLabel[name as keyof typeof reportSection]).toBe(label);
  }
});

test("the reasons are those of the draft, in its order", () => {
  expect(Object.values(reportReason)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
});
