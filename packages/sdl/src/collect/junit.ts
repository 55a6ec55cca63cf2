import { ok } from "@sumac/cbor";
import type { Collector } from "./collected.ts";
import { empty, malformed, reportText, testMap } from "./report-text.ts";
import { xmlElements } from "./xml-elements.ts";

/** JUnit XML as every runner writes it. A test is `classname.name`, or its name alone; one that failed once has failed. */
export const collectJunit: Collector = (bytes) => {
  const text = reportText(bytes);
  if (!text.ok) return text;
  const elements = xmlElements(text.value);
  if (elements === undefined) return malformed("not well formed XML");
  if (!["testsuites", "testsuite"].includes(elements[0]?.name ?? "")) return malformed("no test suite");
  const tests = testMap();
  elements.forEach((element, index) => {
    if (element.name !== "testcase") return;
    const name = element.attributes.get("name") ?? "";
    const group = element.attributes.get("classname");
    const id = group === undefined || group === "" || name.startsWith(`${group}.`) ? name : `${group}.${name}`;
    const inside = childrenOf(elements, index);
    const outcome = inside.some((child) => child === "failure" || child === "error")
      ? "failed"
      : inside.includes("skipped")
        ? "skipped"
        : "passed";
    if (tests[id] !== "failed") tests[id] = outcome;
  });
  return summarised(tests, textAttribute(elements[0]?.attributes.get("name"), "junit"));
};

const textAttribute = (value: string | undefined, otherwise: string): string =>
  value === undefined || value === "" ? otherwise : value.slice(0, 80);

function childrenOf(elements: readonly { readonly name: string; readonly parent: number }[], index: number): string[] {
  const names: string[] = [];
  for (let next = index + 1; next < elements.length && (elements[next]?.parent ?? -1) >= index; next++) {
    if (elements[next]?.parent === index) names.push(elements[next]?.name ?? "");
  }
  return names;
}

/** The record of a test run: it passed when something ran and nothing failed. */
export function summarised(
  tests: Record<string, "passed" | "failed" | "skipped">,
  tool: string,
): ReturnType<Collector> {
  const outcomes = Object.values(tests);
  const count = (outcome: string): number => outcomes.filter((found) => found === outcome).length;
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  if (outcomes.length === 0) return empty("no test");
  return ok({
    kind: "test",
    tool: { name: tool, version: "unknown" },
    result: {
      outcome: failed === 0 && passed > 0 ? "passed" : "failed",
      summary: `${passed} passed, ${failed} failed, ${skipped} skipped`,
      tests: { ...tests },
      figures: { passed, failed, skipped },
    },
  });
}
