import { describe, expect, test } from "vitest";
import * as labels from "./labels.ts";

const registries = Object.entries(labels).flatMap(([name, value]) =>
  typeof value === "object" ? [[name, value as Readonly<Record<string, number>>] as const] : [],
);

describe("the registries", () => {
  test.each(registries)("%s gives each number one name", (_, registry) => {
    for (const [name, label] of Object.entries(registry)) expect(labels.nameOf(registry, label)).toBe(name);
  });

  test("conditions and directives share one number space", () => {
    const commands = [...Object.values(labels.conditionLabel), ...Object.values(labels.directiveLabel)];
    expect(new Set(commands).size).toBe(commands.length);
  });

  test("a number that nobody registered has no name", () => {
    expect(labels.nameOf(labels.manifestLabel, 99)).toBeUndefined();
    expect(labels.nameOf(labels.manifestLabel, 0)).toBeUndefined();
  });

  test("the shared names of conditions and parameters agree, as in the draft", () => {
    const both = Object.entries(labels.conditionLabel).filter(([name]) => name in labels.parameterLabel);
    expect(both).toHaveLength(6);
    for (const [name, label] of both) expect(labels.nameOf(labels.parameterLabel, label)).toBe(name);
  });
});
