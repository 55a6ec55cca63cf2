import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Shape } from "./model/shape.ts";
import type { RuleId } from "./rules.ts";

/** A fault of form: which member, and what about it. */
export interface SchemaFault {
  readonly rule: RuleId;
  readonly path: readonly (string | number)[];
  readonly about: string;
}

let validator: Ajv2020 | undefined;
const compiled = new WeakMap<object, ValidateFunction>();

/** What of `value` does not fit; empty when it fits. */
export function schemaFaults(shape: Shape<unknown>, value: unknown): SchemaFault[] {
  let check = compiled.get(shape);
  if (check === undefined) {
    validator ??= newValidator();
    check = validator.compile(shape.schema);
    compiled.set(shape, check);
  }
  if (check(value)) return [];
  return (check.errors ?? []).filter(({ keyword }) => keyword !== "propertyNames").map(fault);
}

function newValidator(): Ajv2020 {
  // The schemas are ours and checked by the tests; compiling the schema of schemas would take longer than all else.
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    verbose: true,
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
  // CommonJS: the function itself or its namespace, by how it was loaded.
  const add = "default" in addFormats ? (addFormats.default as unknown as typeof addFormats) : addFormats;
  (add as unknown as (ajv: Ajv2020) => void)(ajv);
  return ajv;
}

function fault(error: ErrorObject): SchemaFault {
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const here = path.join(".");
  const member = (name: unknown): string => [...path, String(name)].join(".");
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case "required":
      return { rule: "sdl/member-missing", path, about: member(params["missingProperty"]) };
    case "additionalProperties": {
      const name = String(params["additionalProperty"]);
      return { rule: "sdl/member-unknown", path: [...path, name], about: member(name) };
    }
    case "type":
      return { rule: "sdl/member-type", path, about: `${here || "the file"} is not ${String(params["type"])}` };
    case "enum":
      return {
        rule: "sdl/member-value",
        path,
        about: `${here}: ${shown(error.data)}; allowed: ${(params["allowedValues"] as unknown[]).join(", ")}`,
      };
    case "minItems":
      return { rule: "sdl/member-value", path, about: `${here} is empty` };
    default:
      return {
        rule: "sdl/member-value",
        path,
        about: `${here}: ${shown(error.data)} (${error.keyword}${typeof params["format"] === "string" ? ` ${params["format"]}` : ""})`,
      };
  }
}

const shown = (value: unknown): string => {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
