import { algorithmById, algorithmForScheme } from "@sumac/cose";
import {
  type CommandSequence,
  type Envelope,
  encodeDigest,
  type Severable,
  type SeverableName,
  severableSequences,
} from "@sumac/suit";
import type { ConsistentEnvelope } from "./envelope-consistency.ts";
import { type Finding, finding } from "./finding.ts";

/** Only what always runs counts: a condition in one branch of try-each does not bind the others. */
export function lintIdentity({ envelope, manifest }: ConsistentEnvelope): Finding[] {
  const { shared } = manifest;
  const offset = shared?.offset ?? envelope.manifest.contentOffset;
  return (["vendor-identifier", "class-identifier"] as const)
    .filter((condition) => shared === undefined || !alwaysChecks(shared, condition))
    .map((condition) => finding(offset, { code: "identity-condition-missing", condition }));
}

const alwaysChecks = (sequence: CommandSequence, condition: string): boolean =>
  sequence.commands.some((command) => {
    if (command.kind === "run-sequence") return alwaysChecks(command.sequence, condition);
    return command.kind === "condition" && command.condition === condition;
  });

/** Which members there are, and where they stand. */
export function lintMembers({ envelope, manifest, members }: ConsistentEnvelope): Finding[] {
  const findings: Finding[] = [];
  const start = envelope.manifest.contentOffset;
  if (manifest.validate === undefined) {
    findings.push(finding(start, { code: "validate-missing" }));
  } else if (!alwaysChecks(manifest.validate, "image-match")) {
    findings.push(finding(manifest.validate.offset, { code: "validate-without-image-match" }));
  }
  if (manifest.referenceUri === undefined) findings.push(finding(start, { code: "reference-uri-missing" }));

  const slots: readonly (readonly [SeverableName, Severable<unknown> | undefined])[] = [
    ...severableSequences.map(([member, name]) => [member, manifest[name]] as const),
    ["text", manifest.text],
  ];
  for (const [member, slot] of slots) {
    if (slot?.at !== "envelope") continue;
    const received = envelope.severed.get(member);
    if (received === undefined) {
      findings.push(finding(start, { code: "member-absent", member }));
    } else if (received.content.length < encodeDigest(slot.digest).length) {
      const size = received.content.length;
      findings.push(finding(received.contentOffset, { code: "severed-without-gain", member, size }));
    }
  }
  const { text } = members;
  if (manifest.text?.at === "inline" && text !== undefined) {
    const size = text.encoded.length;
    const digestSize = encodeDigest(envelope.digest).length;
    if (size >= digestSize) findings.push(finding(text.offset, { code: "text-not-severed", size }));
  }
  return findings;
}

export function lintSignatures(envelope: Envelope): Finding[] {
  return envelope.blocks.flatMap((block) => {
    const id = block.kind === "sign1" ? block.sign1.algorithm : undefined;
    const algorithm = id === undefined ? undefined : algorithmById(id);
    if (algorithm?.status !== "legacy") return [];
    const replacement = algorithmForScheme(algorithm.scheme).id;
    return [finding(block.offset, { code: "legacy-algorithm", algorithm: algorithm.id, replacement })];
  });
}
