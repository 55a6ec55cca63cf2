import { type CborArray, type CborBytes, type CborItem, need, needLabel } from "@sumac/cbor";
import type { Command, CommandBody, ComponentIndex, Condition, Directive } from "./command.ts";
import type { ReceivedBytes } from "./envelope.ts";
import { expectArray, expectIndex } from "./expect-item.ts";
import { findRow, type Reader, type Table, tableOf } from "./grammar.ts";
import { decodeLayer, deeper, type Scope } from "./layer.ts";
import type { CommandSequence } from "./manifest.ts";
import { coreLabels, customBelow, maxRepPolicy, penTag } from "./manifest-37.ts";
import { type ParameterName, type ParameterRules, readParameters } from "./parse-parameters.ts";
import { refuseMalformed, refuseOverLimit, refuseUnsupported } from "./refusal.ts";

/** A sequence in a byte string. */
export function readSequence(item: CborItem, field: string, scope: Scope): CommandSequence {
  const { value: content, contentOffset }: CborBytes = need(item, "bytes", field);
  return sequenceFrom({ content, contentOffset }, field, deeper(scope));
}

/** The content of such a byte string, `scope.depth` layers deep. */
export function sequenceFrom(
  { content, contentOffset }: Pick<ReceivedBytes, "content" | "contentOffset">,
  field: string,
  scope: Scope,
): CommandSequence {
  const { items, offset } = expectArray(
    decodeLayer({ content, contentOffset }, field, scope, { tags: [penTag] }),
    field,
  );
  if (items.length % 2 !== 0) refuseMalformed("wrong-length", field, offset);
  const commands: Command[] = [];
  for (let i = 0; i + 1 < items.length; i += 2) {
    const [code, argument] = [items[i] as CborItem, items[i + 1] as CborItem];
    if (--scope.budget.commands < 0) refuseOverLimit("maxCommands", code.offset);
    commands.push({ ...readCommand(code, argument, `${field}.${i / 2}`, scope), offset: code.offset });
    // With several components the default index 0 would be a guess, so the draft demands an explicit one.
    const mayDefault = scope.nesting === "nested" || scope.componentCount < 2;
    if (i === 0 && !mayDefault && commands[0]?.kind !== "set-component-index") {
      refuseMalformed("missing", `${field}.0.set-component-index`, code.offset);
    }
  }
  return { commands, encoded: content, offset: contentOffset };
}

function readCommand(code: CborItem, argument: CborItem, field: string, scope: Scope): CommandBody {
  const { offset } = code;
  const { section } = scope;
  const label = needLabel(code, field);
  const row = findRow(scope, "command", label);
  if (row === undefined) {
    if (label < customBelow && section === "shared") refuseMalformed("not-allowed-here", field, offset);
    return refuseUnsupported(field, offset, label);
  }
  const body = row.read(argument, `${field}.${row.name}`, scope, row.name) as CommandBody;
  if (body.kind === "directive" && section === "shared") {
    refuseMalformed("not-allowed-here", `${field}.${row.name}`, offset);
  }
  return body;
}

export const readCondition: Reader<CommandBody> = (item, field, _scope, name) => ({
  kind: "condition",
  condition: name as Condition,
  policy: readPolicy(item, field),
});

export const readDirective: Reader<CommandBody> = (item, field, _scope, name) => ({
  kind: "directive",
  directive: name as Directive,
  policy: readPolicy(item, field),
});

function readPolicy(item: CborItem, field: string): number {
  const policy = expectIndex(item, field);
  return policy > maxRepPolicy ? refuseUnsupported(field, item.offset, policy) : policy;
}

const nested = (scope: Scope): Scope => ({ ...scope, nesting: "nested" });

const readers: Readonly<
  Record<"set-component-index" | "override-parameters" | "try-each" | "run-sequence", Reader<CommandBody>>
> = {
  "set-component-index": (item, field, scope) => ({
    kind: "set-component-index",
    index: readComponentIndex(item, field, scope),
  }),
  "override-parameters": (item, field, scope) => ({
    kind: "override-parameters",
    parameters: readParameters(item, field, parameterRules(scope), scope),
  }),
  "try-each": (item, field, scope) => readTryEach(need(item, "array", field), field, nested(scope)),
  "run-sequence": (item, field, scope) => ({
    kind: "run-sequence",
    sequence: readSequence(item, field, nested(scope)),
  }),
};

export const coreCommands: Table = new Map([
  ...tableOf(coreLabels.condition, {}, readCondition),
  ...tableOf(coreLabels.directive, readers, readDirective),
]);

export const parameterRules = ({ section, nesting }: Scope, never: readonly ParameterName[] = []): ParameterRules => ({
  custom: section === "shared" ? "forbidden" : "unsupported",
  forbidden: nesting === "top" ? ["soft-failure", ...never] : never,
});

function readComponentIndex(item: CborItem, field: string, { limits }: Scope): ComponentIndex {
  if (item.kind === "simple" && item.value === true) return "all";
  if (item.kind !== "array") return expectIndex(item, field);
  const { items, offset } = expectArray(item, field);
  if (items.length > limits.maxComponents) refuseOverLimit("maxComponents", offset);
  return items.map((index, i) => expectIndex(index, `${field}.${i}`));
}

/** At least two sequences, then perhaps nil: "and if all fail, go on". */
function readTryEach({ items, offset }: CborArray, field: string, scope: Scope): CommandBody {
  const last = items.at(-1);
  const orNil = last?.kind === "simple" && last.value === null;
  const entries = orNil ? items.slice(0, -1) : items;
  if (entries.length < 2) refuseMalformed("wrong-length", field, offset);
  const sequences = entries.map((entry, i) => readSequence(entry, `${field}.${i}`, scope));
  return { kind: "try-each", sequences, orNil };
}
