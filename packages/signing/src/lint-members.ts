import { algorithmById, algorithmForScheme } from "@sumac/cose";
import {
  type Command,
  type CommandSequence,
  type Envelope,
  encodeDigest,
  type Severable,
  severableMembers,
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
  bindingCommands(sequence).some((command) => {
    if (command.kind === "run-sequence") return alwaysChecks(command.sequence, condition);
    if (command.kind === "try-each") {
      const open = command.sequences.filter((branch) => !isCondition(branch.commands[0], "abort"));
      return !command.orNil && open.length > 0 && open.every((branch) => alwaysChecks(branch, condition));
    }
    return isCondition(command, condition);
  });

const isCondition = (command: Command | undefined, condition: string): boolean =>
  command?.kind === "condition" && command.condition === condition;

/** Behind soft-failure a condition that fails ends the sequence, and the update goes on. */
function bindingCommands({ commands }: CommandSequence): readonly Command[] {
  const soft = commands.findIndex(
    (command) => command.kind === "override-parameters" && command.parameters.softFailure === true,
  );
  return soft < 0 ? commands : commands.slice(0, soft);
}

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

  for (const [member, name] of severableMembers) {
    const slot: Severable<unknown> | undefined = manifest[name];
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
