import { type CborValue, Encoded, encode } from "@sumac/cbor";
import type { ComponentIndex, Parameters } from "./command.ts";
import { encodeDigest } from "./digest.ts";
import { conditionLabel, directiveLabel, parameterLabel, penTag } from "./labels.ts";
import type { CommandInput, SequenceInput } from "./manifest-input.ts";
import { versionMatchValue } from "./update-management-14/version.ts";

/** The content of a sequence's byte string. */
export const serializeSequence = (sequence: SequenceInput): Uint8Array => encode(sequence.commands.flatMap(pairOf));

function pairOf(command: CommandInput): readonly [number, CborValue] {
  switch (command.kind) {
    case "condition":
      return [conditionLabel[command.condition], command.policy];
    case "directive":
      return [directiveLabel[command.directive], command.policy];
    case "set-component-index":
      return [directiveLabel[command.kind], indexValue(command.index)];
    case "override-parameters":
    case "set-parameters":
      return [directiveLabel[command.kind], parametersValue(command.parameters)];
    case "try-each":
      return [
        directiveLabel[command.kind],
        [...command.sequences.map(serializeSequence), ...(command.orNil ? [null] : [])],
      ];
    case "run-sequence":
      return [directiveLabel[command.kind], serializeSequence(command.sequence)];
  }
}

const indexValue = (index: ComponentIndex): CborValue => (index === "all" ? true : index);

/** One row a label, so that a parameter added to the registry does not compile until it is written too. */
const writers: { readonly [Name in keyof typeof parameterLabel]: (p: Parameters) => CborValue | undefined } = {
  "vendor-identifier": (p) => p.vendorIdentifier && vendorValue(p.vendorIdentifier),
  "class-identifier": (p) => p.classIdentifier,
  "device-identifier": (p) => p.deviceIdentifier,
  "image-digest": (p) => p.imageDigest && encodeDigest(p.imageDigest),
  "image-size": (p) => p.imageSize,
  "use-before": (p) => p.useBefore,
  "component-slot": (p) => p.componentSlot,
  "strict-order": (p) => p.strictOrder,
  "soft-failure": (p) => p.softFailure,
  content: (p) => p.content,
  uri: (p) => p.uri,
  "source-component": (p) => p.sourceComponent,
  "invoke-args": (p) => p.invokeArgs,
  "fetch-arguments": (p) => p.fetchArguments,
  "encryption-info": (p) => p.encryptionInfo,
  "update-priority": (p) => p.updatePriority,
  version: (p) => p.version && versionMatchValue(p.version),
};

/** A CBOR-PEN is kept encoded, and is never 16 bytes long. */
function vendorValue(id: Uint8Array): CborValue {
  if (id.length === 16) return id;
  if (id[0] !== 0xd8 || id[1] !== penTag) throw new RangeError("a vendor identifier is a UUID or an encoded CBOR-PEN");
  return new Encoded(id);
}

export function parametersValue(parameters: Parameters): ReadonlyMap<number, CborValue> {
  const map = new Map<number, CborValue>();
  for (const [name, write] of Object.entries(writers)) {
    const value = write(parameters);
    if (value !== undefined) map.set(parameterLabel[name as keyof typeof writers], value);
  }
  return map;
}
