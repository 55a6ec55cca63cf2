import { type CborValue, encode } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import fc from "fast-check";
import type { Condition, Directive, Parameters } from "./command.ts";
import { componentKey } from "./component.ts";
import { conditionLabel } from "./labels.ts";
import type { ComponentId, ComponentText, Dependency, LanguageText, SuitDigest } from "./manifest.ts";
import type { CommandInput, ManifestInput, SequenceInput } from "./manifest-input.ts";
import { type Version, type VersionComparison, versionComparisonLabel } from "./update-management-14/version.ts";

/** Descriptions of manifests that obey every static rule, with all commands and parameters of the registry. */

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const policy = fc.nat(15);

const digest: fc.Arbitrary<SuitDigest> = fc.oneof(
  bytes(32, 32).map((b): SuitDigest => ({ algorithm: "sha-256", bytes: b })),
  bytes(48, 48).map((b): SuitDigest => ({ algorithm: "sha-384", bytes: b })),
  bytes(64, 64).map((b): SuitDigest => ({ algorithm: "sha-512", bytes: b })),
);

const pen = bytes(1, 12).map((oid) => Uint8Array.of(0xd8, 112, ...encode(oid)));

const version: fc.Arbitrary<Version> = fc
  .tuple(
    fc.nat(),
    fc.array(fc.nat(), { maxLength: 5 }),
    fc.option(fc.integer({ min: -3, max: -1 })),
    fc.array(fc.nat(), { maxLength: 3 }),
  )
  .map(([first, release, preRelease, rest]) => [
    first,
    ...release,
    ...(preRelease === null ? [] : [preRelease]),
    ...rest,
  ]);

const parameterFields = {
  vendorIdentifier: fc.oneof(bytes(16, 16), pen),
  classIdentifier: bytes(16, 16),
  deviceIdentifier: bytes(16, 16),
  imageDigest: digest,
  imageSize: uint64,
  useBefore: uint64,
  componentSlot: uint64,
  strictOrder: fc.boolean(),
  content: bytes(0, 20),
  uri: text,
  sourceComponent: fc.nat(Number.MAX_SAFE_INTEGER),
  invokeArgs: bytes(0, 20),
  fetchArguments: bytes(0, 20),
  encryptionInfo: bytes(0, 20),
  updatePriority: fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
  version: fc.record({
    comparison: fc.constantFrom(...(Object.keys(versionComparisonLabel) as VersionComparison[])),
    version,
  }),
};
const notEmpty = (parameters: Parameters) => Object.keys(parameters).length > 0;
const topParameters: fc.Arbitrary<Parameters> = fc.record(parameterFields, { requiredKeys: [] }).filter(notEmpty);
const nestedParameters: fc.Arbitrary<Parameters> = fc
  .record({ ...parameterFields, softFailure: fc.boolean() }, { requiredKeys: [] })
  .filter(notEmpty);

const condition = fc.record({
  kind: fc.constant("condition" as const),
  condition: fc.constantFrom(...(Object.keys(conditionLabel) as Condition[])),
  policy,
});
const directive = fc.record({
  kind: fc.constant("directive" as const),
  directive: fc.constantFrom<Directive>("write", "fetch", "copy", "invoke", "swap", "process-dependency", "unlink"),
  policy,
});
const index = fc.record({
  kind: fc.constant("set-component-index" as const),
  index: fc.oneof(fc.nat(40), fc.constant("all" as const), fc.array(fc.nat(40), { minLength: 1, maxLength: 5 })),
});
const override = (parameters: fc.Arbitrary<Parameters>) =>
  fc.record({ kind: fc.constant("override-parameters" as const), parameters });
/** What only override-parameters may set is left out. */
const setWhereUnset = fc.record({
  kind: fc.constant("set-parameters" as const),
  parameters: topParameters
    .map(({ imageDigest: _digest, strictOrder: _order, ...rest }): Parameters => rest)
    .filter(notEmpty),
});

type Section = "shared" | "own";

function nested(section: Section, levels: number): fc.Arbitrary<SequenceInput> {
  const flat = section === "shared" ? fc.oneof(condition, index) : fc.oneof(condition, directive, index);
  const any: fc.Arbitrary<CommandInput> = fc.oneof(
    { weight: 3, arbitrary: flat },
    { weight: 1, arbitrary: override(nestedParameters) },
    { weight: 1, arbitrary: setWhereUnset },
    ...(levels > 0 ? [{ weight: 1, arbitrary: flowControl(section, levels - 1) }] : []),
  );
  return fc.record({ commands: fc.array(any, { minLength: 1, maxLength: 3 }) });
}

const flowControl = (section: Section, levels: number): fc.Arbitrary<CommandInput> =>
  fc.oneof(
    fc.record({
      kind: fc.constant("try-each" as const),
      sequences: fc.array(nested(section, levels), { minLength: 2, maxLength: 3 }),
      orNil: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("run-sequence" as const), sequence: nested(section, levels) }),
  );

function topSequence(section: Section, first: "index" | "any"): fc.Arbitrary<SequenceInput> {
  const flat = section === "shared" ? fc.oneof(condition, index) : fc.oneof(condition, directive, index);
  const any: fc.Arbitrary<CommandInput> = fc.oneof(
    flat,
    override(topParameters),
    setWhereUnset,
    flowControl(section, 2),
  );
  return fc
    .tuple(first === "index" ? index : any, fc.array(any, { maxLength: 4 }))
    .map(([head, rest]) => ({ commands: [head, ...rest] }));
}

const componentId: fc.Arbitrary<ComponentId> = fc.array(bytes(0, 6), { minLength: 1, maxLength: 3 });
/** The order of the wire: bytewise by encoded key. */
const byEncoding =
  <T>(key: (value: T) => CborValue) =>
  (a: T, b: T) =>
    bytesToHex(encode(key(a))) < bytesToHex(encode(key(b))) ? -1 : 1;

const componentText: fc.Arbitrary<ComponentText> = fc.record(
  {
    component: componentId,
    vendorName: text,
    modelName: text,
    vendorDomain: text,
    modelInfo: text,
    description: text,
    version: text,
  },
  { requiredKeys: ["component"] },
);
const language: fc.Arbitrary<LanguageText> = fc.record(
  {
    language: fc.stringMatching(/^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8}){0,2}$/),
    manifestDescription: text,
    updateDescription: text,
    jsonSource: text,
    yamlSource: text,
    components: fc
      .uniqueArray(componentText, { maxLength: 3, selector: ({ component }) => componentKey(component) })
      .map((all) => all.toSorted(byEncoding(({ component }) => [...component]))),
  },
  { requiredKeys: ["language", "components"] },
);
const manifestText = fc.record({
  languages: fc
    .uniqueArray(language, { minLength: 1, maxLength: 3, selector: (l) => l.language })
    .map((all) => all.toSorted(byEncoding((l) => l.language))),
});

const dependency: fc.Arbitrary<Dependency> = fc.record(
  { index: fc.nat(9), prefix: componentId },
  { requiredKeys: ["index"] },
);

const severable = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(
    fc.record({ at: fc.constant("inline" as const), value }),
    fc.record({ at: fc.constant("envelope" as const), digest }),
  );

export const manifestArbitrary: fc.Arbitrary<ManifestInput> = fc
  .tuple(
    fc.uniqueArray(componentId, { minLength: 1, maxLength: 4, selector: componentKey }),
    fc.option(fc.uniqueArray(dependency, { minLength: 1, maxLength: 3, selector: ({ index: at }) => at }), {
      nil: undefined,
    }),
  )
  .chain(([components, dependencies]) => {
    const sorted = dependencies?.toSorted((a, b) => a.index - b.index);
    const first = components.length > 1 || sorted?.some(({ index: at }) => at > 0) ? "index" : "any";
    const own = topSequence("own", first);
    return fc.record(
      {
        sequenceNumber: uint64,
        components: fc.constant(components),
        ...(sorted && { dependencies: fc.constant(sorted) }),
        manifestComponentId: componentId,
        setVersion: version,
        shared: topSequence("shared", first),
        referenceUri: text,
        validate: own,
        load: own,
        invoke: own,
        uninstall: own,
        dependencyResolution: severable(own),
        payloadFetch: severable(own),
        candidateVerification: severable(own),
        install: severable(own),
        text: severable(manifestText),
      },
      { requiredKeys: ["sequenceNumber", "components", ...(sorted ? (["dependencies"] as const) : [])] },
    ) as fc.Arbitrary<ManifestInput>;
  });

/** A parsed value without the bytes and offsets that it was parsed from. */
export function withoutOrigin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOrigin);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const kept = Object.entries(value).filter(([name]) => name !== "encoded" && name !== "offset" && name !== "layout");
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutOrigin(inner)]));
}
