import { ok, type Result } from "@sumac/cbor";
import { algorithmById, algorithmForScheme } from "@sumac/cose";
import type { Crypto } from "@sumac/crypto";
import { type CommandSequence, componentKey, type Envelope, type Limits } from "@sumac/suit";
import { severedDigestBytes } from "./build-manifest.ts";
import { type ConsistentEnvelope, checkConsistency, type InconsistentEnvelope } from "./envelope-consistency.ts";
import type { Finding, FindingFacts, Severity } from "./finding.ts";
import { lintCommands } from "./lint-commands.ts";

/**
 * What is well formed and still should not be published (suit.md 6). An envelope that contradicts itself is refused
 * instead: there is nothing to advise on. Left out, because they need more than the envelope: sequence numbers already
 * published, and which hosts payloads may come from.
 */
export function lintEnvelope(
  envelope: Envelope,
  crypto: Crypto,
  limits?: Limits,
): Result<readonly Finding[], InconsistentEnvelope> {
  const consistent = checkConsistency(envelope, crypto, limits);
  if (!consistent.ok) return consistent;
  const findings = [
    ...lintIdentity(consistent.value),
    ...lintCommands(consistent.value.manifest, consistent.value.members),
    ...lintMembers(consistent.value),
    ...lintText(consistent.value),
    ...lintSignatures(envelope),
  ];
  return ok(findings.toSorted((a, b) => a.offset - b.offset));
}

const finding = (severity: Severity, offset: number, facts: FindingFacts): Finding => ({ severity, offset, ...facts });

/** Only what always runs counts: a condition in one branch of try-each does not bind the others. */
function lintIdentity({ envelope, manifest }: ConsistentEnvelope): Finding[] {
  const { shared } = manifest;
  return (["vendor-identifier", "class-identifier"] as const)
    .filter((condition) => shared === undefined || !alwaysChecks(shared, condition))
    .map((condition) =>
      finding("error", shared?.offset ?? envelope.manifest.contentOffset, {
        code: "identity-condition-missing",
        condition,
      }),
    );
}

const alwaysChecks = (sequence: CommandSequence, condition: string): boolean =>
  sequence.commands.some((command) => {
    if (command.kind === "run-sequence") return alwaysChecks(command.sequence, condition);
    return command.kind === "condition" && command.condition === condition;
  });

function lintMembers({ envelope, manifest, members }: ConsistentEnvelope): Finding[] {
  const findings: Finding[] = [];
  const start = envelope.manifest.contentOffset;
  if (manifest.validate === undefined) {
    findings.push(finding("warning", start, { code: "validate-missing" }));
  } else if (!alwaysChecks(manifest.validate, "image-match")) {
    findings.push(finding("warning", manifest.validate.offset, { code: "validate-without-image-match" }));
  }
  if (manifest.referenceUri === undefined) findings.push(finding("notice", start, { code: "reference-uri-missing" }));
  for (const [member, { content, contentOffset }] of envelope.severed) {
    if (content.length >= severedDigestBytes) continue;
    findings.push(finding("notice", contentOffset, { code: "severed-without-gain", member, size: content.length }));
  }
  const held = [
    ["payload-fetch", manifest.payloadFetch?.at, members.payloadFetch],
    ["install", manifest.install?.at, members.install],
    ["text", manifest.text?.at, members.text],
  ] as const;
  for (const [member, at, value] of held) {
    if (at === "envelope" && value === undefined) {
      findings.push(finding("notice", start, { code: "member-absent", member }));
    }
  }
  return findings;
}

function lintText({ envelope, manifest, members }: ConsistentEnvelope): Finding[] {
  const { text } = members;
  if (text === undefined) return [];
  const findings: Finding[] = [];
  const start = envelope.severed.get("text")?.contentOffset ?? envelope.manifest.contentOffset;
  if (manifest.text?.at === "inline" && text.encoded.length >= severedDigestBytes) {
    findings.push(finding("warning", start, { code: "text-not-severed", size: text.encoded.length }));
  }
  const known = new Set(manifest.components.map(componentKey));
  const named = new Set(text.languages.flatMap(({ components }) => components.map((c) => componentKey(c.component))));
  for (const component of named) {
    if (!known.has(component)) findings.push(finding("warning", start, { code: "text-component-unknown", component }));
  }
  return findings;
}

function lintSignatures(envelope: Envelope): Finding[] {
  return envelope.blocks.flatMap((block) => {
    const id = block.kind === "sign1" ? block.sign1.algorithm : undefined;
    const algorithm = id === undefined ? undefined : algorithmById(id);
    if (algorithm?.status !== "legacy") return [];
    const replacement = algorithmForScheme(algorithm.scheme).id;
    return [finding("warning", block.offset, { code: "legacy-algorithm", algorithm: algorithm.id, replacement })];
  });
}
