import type { CborArray, CborItem, Result } from "@sumac/cbor";
import type { Command, CommandBody, ComponentIndex } from "./command.ts";
import type { ReceivedBytes } from "./envelope.ts";
import { expectArray, expectBytes, expectIndex, expectLabel } from "./expect-item.ts";
import { isEnabled } from "./extension.ts";
import { conditionLabel, customBelow, directiveLabel, maxRepPolicy, nameOf, penTag } from "./labels.ts";
import { decodeLayer, openBytes, type Scope, scopeAt } from "./layer.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { CommandSequence } from "./manifest.ts";
import { type ParameterName, type ParameterRules, readParameters } from "./parse-parameters.ts";
import { attempt, refuse, refuseMalformed, type SuitRefusal } from "./refusal.ts";

/** Where a sequence stands: several rules depend on it (suit.md 6, rows 14, 15 and 18). */
export interface SequencePlace {
  readonly field: string;
  /** The shared sequence may only choose, test and set parameters. */
  readonly section: "shared" | "own";
  /** `top` = a member of the manifest; `nested` = an argument of try-each or run-sequence. */
  readonly nesting: "top" | "nested";
  /** How many components and dependencies an index may name. */
  readonly componentCount: number;
}

/** Parses a severed command sequence; call only after its digest was checked against the manifest. */
export function parseCommandSequence(
  received: ReceivedBytes,
  place: SequencePlace,
  limits: Limits = defaultLimits,
): Result<CommandSequence, SuitRefusal> {
  return attempt(() => {
    const scope = scopeAt(limits, 1);
    const item = decodeLayer(received.content, received.contentOffset, place.field, scope, { tags: [penTag] });
    return sequenceFrom(item, received.content, received.contentOffset, place, scope);
  });
}

/** A sequence in a byte string. */
export function readSequence(item: CborItem, place: SequencePlace, scope: Scope): CommandSequence {
  const bytes = expectBytes(item, place.field);
  const inner = openBytes(bytes, place.field, scope, { tags: [penTag] });
  return sequenceFrom(inner.item, bytes.value, bytes.contentOffset, place, inner.scope);
}

function sequenceFrom(
  item: CborItem,
  encoded: Uint8Array,
  offset: number,
  place: SequencePlace,
  scope: Scope,
): CommandSequence {
  const { items } = expectArray(item, place.field);
  if (items.length === 0 || items.length % 2 !== 0) refuseMalformed("wrong-length", place.field, item.offset);
  const commands: Command[] = [];
  for (let i = 0; i + 1 < items.length; i += 2) {
    const [code, argument] = [items[i] as CborItem, items[i + 1] as CborItem];
    if (--scope.budget.commands < 0) refuse({ code: "limit-exceeded", limit: "maxCommands", offset: code.offset });
    const body = readCommand(code, argument, { ...place, field: `${place.field}.${i / 2}` }, scope);
    if (i === 0) requireIndexFirst(body, code.offset, place);
    commands.push({ ...body, offset: code.offset });
  }
  return { commands, encoded, offset };
}

/** With several components the default index 0 would be a guess, so the draft demands an explicit one. */
function requireIndexFirst(first: CommandBody, offset: number, place: SequencePlace): void {
  if (place.nesting === "nested" || place.componentCount < 2 || first.kind === "set-component-index") return;
  refuseMalformed("missing", `${place.field}.0.set-component-index`, offset);
}

function readCommand(code: CborItem, argument: CborItem, place: SequencePlace, scope: Scope): CommandBody {
  const { offset } = code;
  const { extensions } = scope.limits;
  const label = expectLabel(code, place.field);
  const condition = nameOf(conditionLabel, label);
  if (condition !== undefined && isEnabled("condition", condition, extensions)) {
    return { kind: "condition", condition, policy: readPolicy(argument, `${place.field}.${condition}`) };
  }
  const directive = nameOf(directiveLabel, label);
  if (directive === undefined || !isEnabled("directive", directive, extensions)) {
    if (label < customBelow && place.section === "shared") refuseMalformed("not-allowed-here", place.field, offset);
    return refuse({ code: "unsupported", field: place.field, offset, label });
  }
  const field = `${place.field}.${directive}`;
  switch (directive) {
    case "set-component-index":
      return { kind: directive, index: readComponentIndex(argument, field, scope) };
    case "override-parameters":
    case "set-parameters":
      return { kind: directive, parameters: readParameters(argument, field, parameterRules(directive, place), scope) };
    case "try-each":
      return { kind: directive, ...readTryEach(expectArray(argument, field), { ...place, field }, scope) };
    case "run-sequence":
      return { kind: directive, sequence: readSequence(argument, nestedIn({ ...place, field }), scope) };
    default:
      if (place.section === "shared") refuseMalformed("not-allowed-here", field, offset);
      return { kind: "directive", directive, policy: readPolicy(argument, field) };
  }
}

/**
 * What a dependent may decide before is never a digest (draft-37 section 7: "MUST always be set using Override
 * Parameters"; THREAT.MFST.OVERRIDE), and strict-order and soft-failure always have a value, so that to set them only
 * where unset would mean nothing.
 */
const neverSetWhereUnset: readonly ParameterName[] = ["image-digest", "strict-order", "soft-failure"];

const parameterRules = (command: "override-parameters" | "set-parameters", place: SequencePlace): ParameterRules => ({
  custom: place.section === "shared" ? "forbidden" : "unsupported",
  forbidden: [
    ...(place.nesting === "top" ? (["soft-failure"] as const) : []),
    ...(command === "set-parameters" ? neverSetWhereUnset : []),
  ],
});

const nestedIn = (place: SequencePlace): SequencePlace => ({ ...place, nesting: "nested" });

function readPolicy(item: CborItem, field: string): number {
  const policy = expectIndex(item, field);
  if (policy > maxRepPolicy) refuse({ code: "unsupported", field, offset: item.offset, label: policy });
  return policy;
}

function readComponentIndex(item: CborItem, field: string, scope: Scope): ComponentIndex {
  if (item.kind === "simple" && item.value === true) return "all";
  if (item.kind !== "array") return expectIndex(item, field);
  if (item.items.length === 0) refuseMalformed("wrong-length", field, item.offset);
  if (item.items.length > scope.limits.maxComponents) {
    refuse({ code: "limit-exceeded", limit: "maxComponents", offset: item.offset });
  }
  return item.items.map((index, i) => expectIndex(index, `${field}.${i}`));
}

/** At least two sequences, then perhaps nil: "and if all fail, go on". */
function readTryEach(
  { items, offset }: CborArray,
  place: SequencePlace,
  scope: Scope,
): { readonly sequences: readonly CommandSequence[]; readonly orNil: boolean } {
  const last = items.at(-1);
  const orNil = last?.kind === "simple" && last.value === null;
  const entries = orNil ? items.slice(0, -1) : items;
  if (entries.length < 2) refuseMalformed("wrong-length", place.field, offset);
  const sequences = entries.map((entry, i) =>
    readSequence(entry, nestedIn({ ...place, field: `${place.field}.${i}` }), scope),
  );
  return { sequences, orNil };
}
