import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { componentIndices } from "./component.ts";
import { digestEquals, manifestDigest } from "./digest.ts";
import type { Envelope, ReceivedBytes } from "./envelope.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { CommandSequence, Manifest, ManifestText, Severable, SeverableName } from "./manifest.ts";
import { optional } from "./optional.ts";
import { parseCommandSequence } from "./parse-commands.ts";
import { parseText } from "./parse-text.ts";
import type { SeveredRefusal, SuitRefusal } from "./refusal.ts";

/** The severable members of a manifest, wherever they stood; absent = the manifest has none, or it did not come along. */
export interface ResolvedMembers {
  readonly dependencyResolution?: CommandSequence;
  readonly payloadFetch?: CommandSequence;
  readonly candidateVerification?: CommandSequence;
  readonly install?: CommandSequence;
  readonly text?: ManifestText;
}

/**
 * Brings each severed member back to its manifest. Call with an authenticated manifest. Every member that is present is
 * checked, whether the procedure at hand needs it or not, and before any is parsed. That a member is absent is no
 * refusal here: only the caller knows which ones it is going to run.
 */
export function resolveSeverable(
  envelope: Envelope,
  manifest: Manifest,
  crypto: Crypto,
  limits: Limits = defaultLimits,
): Result<ResolvedMembers, SuitRefusal | SeveredRefusal> {
  const foreign = foreignMember(envelope, manifest, crypto);
  if (foreign !== undefined) return err(foreign);

  const componentCount = componentIndices(manifest).length;
  const { severed } = envelope;
  let members: ResolvedMembers = {};
  for (const [member, name] of severableSequences) {
    const place = { field: `envelope.${member}`, section: "own", nesting: "top", componentCount } as const;
    const sequence = resolve(manifest[name], severed.get(member), (received) =>
      parseCommandSequence(received, place, limits),
    );
    if (!sequence.ok) return sequence;
    members = { ...members, ...optional(name, sequence.value) };
  }
  const text = resolve(manifest.text, severed.get("text"), (received) => parseText(received, limits));
  return text.ok ? ok({ ...members, ...optional("text", text.value) }) : text;
}

/** In the order in which an update runs them. */
export const severableSequences = [
  ["dependency-resolution", "dependencyResolution"],
  ["payload-fetch", "payloadFetch"],
  ["candidate-verification", "candidateVerification"],
  ["install", "install"],
] as const;

function resolve<T>(
  held: Severable<T> | undefined,
  received: ReceivedBytes | undefined,
  parse: (received: ReceivedBytes) => Result<T, SuitRefusal>,
): Result<T | undefined, SuitRefusal> {
  if (held?.at === "inline") return ok(held.value);
  return received === undefined ? ok(undefined) : parse(received);
}

/**
 * The first member beside the manifest that is not the one its author signed: changed, or never covered by a digest
 * (inline or absent in the manifest), which is code or text that anybody could have added.
 */
function foreignMember(
  { severed }: Envelope,
  manifest: Manifest,
  crypto: Crypto,
): SuitRefusal | SeveredRefusal | undefined {
  const held: Readonly<Record<SeverableName, Severable<unknown> | undefined>> = {
    "dependency-resolution": manifest.dependencyResolution,
    "payload-fetch": manifest.payloadFetch,
    "candidate-verification": manifest.candidateVerification,
    install: manifest.install,
    text: manifest.text,
  };
  for (const [member, received] of severed) {
    const offset = received.contentOffset;
    const slot = held[member];
    if (slot?.at !== "envelope") return { code: "member-unauthenticated", member, offset };
    if (!digestEquals(manifestDigest(received, slot.digest.algorithm, crypto), slot.digest)) {
      return { code: "severed-member-mismatch", member, offset };
    }
  }
  return undefined;
}
