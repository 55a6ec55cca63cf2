import { expect, test } from "vitest";
import { camelCase } from "./camel-case.ts";
import { parameterLabel } from "./labels.ts";
import { parameterName } from "./parameter-name.ts";

test("every parameter of the registries has its name, and the parsers' own key for it", () => {
  expect(Object.values(parameterName).sort()).toEqual(Object.keys(parameterLabel).sort());
  for (const [key, name] of Object.entries(parameterName)) expect(camelCase(name)).toBe(key);
});
