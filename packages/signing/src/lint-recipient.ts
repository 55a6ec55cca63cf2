import { algorithmById } from "@sumac/cose";
import type { Crypto } from "@sumac/crypto";
import {
  type Command,
  componentKey,
  everyExtension,
  everySequence,
  type Limits,
  type Parameters,
  parameterName,
  parseManifest,
  resolveSeverable,
  type Severable,
  type SeveredRefusal,
  type SuitRefusal,
  severableMembers,
} from "@sumac/suit";
import type { ConsistentEnvelope } from "./envelope-consistency.ts";
import { type Finding, finding } from "./finding.ts";
import type { Journal } from "./lint-journal.ts";
import { lintLimits } from "./lint-limits.ts";
import type { RecipientProfile, RecipientSupport } from "./recipient-profile.ts";
import { commandsOf, type Sections } from "./walk-manifest.ts";

/** What a device with this profile could not take, whoever signed it. */
export function lintRecipient(
  consistent: ConsistentEnvelope,
  sections: Sections,
  journal: Journal,
  profile: RecipientProfile,
  crypto: Crypto,
): Finding[] {
  return [
    ...lintSizes(consistent, sections, profile),
    ...lintDepth(consistent, profile, crypto),
    ...lintImages(consistent, journal, profile),
    ...lintNames(consistent, sections, profile),
    ...lintExtensions(consistent, profile, crypto),
    ...lintSignatureSupport(consistent, profile),
  ];
}

function lintSizes(
  { envelope, manifest }: ConsistentEnvelope,
  sections: Sections,
  profile: RecipientProfile,
): Finding[] {
  const findings: Finding[] = [];
  const limit = (name: keyof RecipientProfile["limits"], found: number, offset: number): void => {
    const allowed = profile.limits[name];
    if (allowed === undefined || BigInt(found) <= allowed) return;
    findings.push(finding(offset, { code: "recipient-limit-exceeded", limit: name, found: BigInt(found), allowed }));
  };
  const start = envelope.manifest.contentOffset;
  const placeOf = (member: string): number => manifest.layout.find(({ name }) => name === member)?.offset ?? start;
  limit("envelopeBytes", envelope.encoded.length, 0);
  limit("manifestBytes", envelope.manifest.content.length, start);
  limit("components", manifest.components.length, placeOf("components"));
  limit("dependencies", manifest.dependencies?.length ?? 0, placeOf("dependencies"));

  const commands = [...commandsOf(sections)];
  const firstOver = commands[Number(profile.limits.commands ?? 0n)];
  limit("commands", commands.length, firstOver?.offset ?? start);
  for (const section of sections.values()) {
    for (const sequence of everySequence(section)) {
      limit("sequenceItems", 2 * sequence.commands.length, sequence.offset);
    }
  }
  for (const { offset, parameters } of settings(commands)) {
    const { uri, invokeArgs } = parameters;
    if (uri !== undefined) limit("uriBytes", new TextEncoder().encode(uri).length, offset);
    if (invokeArgs !== undefined) limit("invokeArgsBytes", invokeArgs.length, offset);
  }
  return findings;
}

const settings = (
  commands: Iterable<Command>,
): readonly { readonly offset: number; readonly parameters: Parameters }[] =>
  [...commands].filter((command) => command.kind === "override-parameters" || command.kind === "set-parameters");

/** Byte strings that hold CBOR, counted as `Limits.maxDepth` counts them: by reading again with fewer. */
function lintDepth(consistent: ConsistentEnvelope, profile: RecipientProfile, crypto: Crypto): Finding[] {
  const allowed = profile.limits.depth;
  if (allowed === undefined) return [];
  for (let depth = Number(allowed); ; depth++) {
    const refusal = readUnder({ ...lintLimits, maxDepth: depth }, consistent, crypto);
    if (refusal?.code === "limit-exceeded" && refusal.limit === "maxDepth") continue;
    const found = BigInt(depth);
    const offset = consistent.envelope.manifest.contentOffset;
    return found <= allowed
      ? []
      : [finding(offset, { code: "recipient-limit-exceeded", limit: "depth", found, allowed })];
  }
}

function readUnder(
  limits: Limits,
  { envelope }: ConsistentEnvelope,
  crypto: Crypto,
): SuitRefusal | SeveredRefusal | undefined {
  const manifest = parseManifest(envelope.manifest, limits);
  if (!manifest.ok) return manifest.error;
  const members = resolveSeverable(envelope, manifest.value, crypto, limits);
  return members.ok ? undefined : members.error;
}

function lintImages(
  { envelope, manifest }: ConsistentEnvelope,
  { sizes }: Journal,
  { components }: RecipientProfile,
): Finding[] {
  if (components === undefined) return [];
  const slots = new Map(
    components.map(({ id, maxSize }) => [
      componentKey(id.map((segment) => new TextEncoder().encode(segment))),
      maxSize,
    ]),
  );
  const listed = manifest.layout.find(({ name }) => name === "components")?.offset;
  return manifest.components.flatMap((id, index): Finding[] => {
    const component = componentKey(id);
    const allowed = slots.get(component);
    if (allowed === undefined) {
      const offset = listed ?? envelope.manifest.contentOffset;
      return [finding(offset, { code: "recipient-unsupported", what: "component", name: component })];
    }
    return sizes
      .filter((one) => one.index === index && one.size > allowed)
      .map(({ size: found, offset }) =>
        finding(offset, { code: "recipient-limit-exceeded", limit: "imageBytes", found, allowed, component }),
      );
  });
}

function lintNames(
  { envelope, manifest }: ConsistentEnvelope,
  sections: Sections,
  { supports }: RecipientProfile,
): Finding[] {
  const findings: Finding[] = [];
  const need = (what: Exclude<RecipientSupport, "component">, name: string, offset: number): void => {
    if (supports[what] === undefined || supports[what].includes(name)) return;
    findings.push(finding(offset, { code: "recipient-unsupported", what, name }));
  };
  for (const { name, offset } of manifest.layout) need("manifest-member", name, offset);
  for (const command of commandsOf(sections)) {
    if (command.kind === "condition") need("condition", command.condition, command.offset);
    else need("directive", command.kind === "directive" ? command.directive : command.kind, command.offset);
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
    for (const key of Object.keys(command.parameters) as (keyof Parameters)[]) {
      need("parameter", parameterName[key], command.offset);
    }
    const { imageDigest } = command.parameters;
    if (imageDigest !== undefined) need("digest", imageDigest.algorithm, command.offset);
  }
  need("digest", envelope.digest.algorithm, envelope.digestElement.byteOffset - envelope.encoded.byteOffset);
  for (const [member, name] of severableMembers) {
    const slot: Severable<unknown> | undefined = manifest[name];
    const offset = manifest.layout.find((one) => one.name === member)?.offset ?? 0;
    if (slot?.at === "envelope") need("digest", slot.digest.algorithm, offset);
  }
  return findings;
}

/** Which extension something belongs to, the parser knows: it refuses it without. */
function lintExtensions(consistent: ConsistentEnvelope, { supports }: RecipientProfile, crypto: Crypto): Finding[] {
  const { extension: supported } = supports;
  if (supported === undefined) return [];
  return everyExtension.flatMap((extension) => {
    const { name } = extension;
    if (supported.includes(name)) return [];
    const extensions = everyExtension.filter((one) => one !== extension);
    const refusal = readUnder({ ...lintLimits, extensions }, consistent, crypto);
    if (refusal?.code !== "unsupported") return [];
    return [finding(refusal.offset, { code: "recipient-unsupported", what: "extension", name })];
  });
}

/** One signature that it can check is enough; the others it passes over. Nothing is said of an unsigned envelope. */
function lintSignatureSupport({ envelope }: ConsistentEnvelope, { supports }: RecipientProfile): Finding[] {
  const { signature: supported } = supports;
  const [first] = envelope.blocks;
  if (supported === undefined || first === undefined) return [];
  const names = envelope.blocks.map((block) => {
    if (block.kind === "unsupported") return `tag ${block.tag}`;
    const { algorithm } = block.sign1;
    return (algorithm === undefined ? undefined : algorithmById(algorithm)?.name) ?? `algorithm ${algorithm}`;
  });
  if (names.some((name) => supported.includes(name))) return [];
  return [finding(first.offset, { code: "recipient-unsupported", what: "signature", name: names.join(", ") })];
}
