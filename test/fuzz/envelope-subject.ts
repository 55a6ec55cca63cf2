import { bytesToHex, type Crypto } from "@sumac/crypto";
import { describeEnvelope, describeManifest, parseEnvelope, parseManifest, recogniseOtherLayout } from "@sumac/suit";
import { explain, type Plan, type VerifiedUpdate, type VerifyContext, verifyEnvelope } from "@sumac/verifier";
import { integratedPayloadsMatch, judgeSuit } from "../vectors/judge-suit.ts";
import type { AcceptedInput } from "../vectors/verdict.ts";
import { faultOfOffset } from "./item-subjects.ts";
import { guarded, type Subject } from "./subject.ts";

/**
 * Digests of all manifests that were signed: damage may put one envelope in the place of another, which is a replay and
 * not damage. What a replayed one says is judged where it is the subject.
 */
const signedDigests = new Set<string>();

/** An envelope that is accepted by a recipient, and everything that must hold for what is made of it. */
export function envelopeSubject(name: string, bytes: Uint8Array, recipient: VerifyContext, context?: string): Subject {
  const remembering = { ...recipient, crypto: rememberingVerdicts(recipient.crypto) };
  const verdict = judgeSuit(bytes, remembering);
  if (verdict.verdict !== "accept") throw new Error(`${name} is refused: ${verdict.code}`);
  const meaning = meaningText(verdict);
  signedDigests.add(digestOf(verdict));
  return {
    layer: "suit",
    name,
    ...(context === undefined ? {} : { context }),
    bytes,
    faultOf: (damage) =>
      guarded(() => {
        readForPeople(damage.bytes);
        const mayMean = (accepted: AcceptedInput): boolean =>
          damage.signed === "again" ||
          (digestOf(accepted) === digestOf(verdict)
            ? meaningText(accepted) === meaning
            : signedDigests.has(digestOf(accepted)));
        return faultOfAnswer(damage.bytes, remembering, mayMean);
      }),
  };
}

const digestOf = ({ meaning }: AcceptedInput): string => meaning["digest"] ?? "";

/**
 * What is signed. Left out is from where a payload comes: an envelope may carry under any URI what would otherwise be
 * fetched, unsigned in both cases, and only image-match makes it anything.
 */
const meaningText = ({ meaning }: AcceptedInput): string =>
  Object.entries(meaning)
    .map(([name, value]) => `${name}: ${value.replaceAll(" integrated", "")}`)
    .join("; ");

/** Verification is pure; the same signature over the same bytes need not be checked a thousand times. */
function rememberingVerdicts(crypto: Crypto): Crypto {
  const known = new Map<string, boolean>();
  return {
    ...crypto,
    startDigest: (name) => crypto.startDigest(name),
    verify(key, message, signature) {
      const id = [key.bytes, message, signature].map(bytesToHex).join();
      const answer = known.get(id) ?? crypto.verify(key, message, signature);
      if (known.size > 10_000) known.clear();
      known.set(id, answer);
      return answer;
    },
  };
}

/**
 * `mayMean`: damage that nobody signed changes nothing; a file that was signed again may mean anything. Everything else
 * has to hold for both.
 */
function faultOfAnswer(
  file: Uint8Array,
  context: VerifyContext,
  mayMean: (accepted: AcceptedInput) => boolean,
): string | undefined {
  const answer = verifyEnvelope(file, context);
  if (!answer.ok) return faultOfRefusal(answer.error, file);
  const verdict = judgeSuit(file, context);
  if (verdict.verdict !== "accept") return "two answers to one file";
  // The bytes of integrated payloads are unsigned, too; a device refuses wrong ones at image-match.
  if (!mayMean(verdict) && integratedPayloadsMatch(answer.value, context.crypto)) {
    return `accepted with another meaning: ${meaningText(verdict)}`;
  }
  return faultOfAccepted(answer.value, verdict, file);
}

/** What `inspect` does with a file, believed or not. */
function readForPeople(file: Uint8Array): void {
  recogniseOtherLayout(file);
  const envelope = parseEnvelope(file);
  if (!envelope.ok) return;
  describeEnvelope(envelope.value);
  const manifest = parseManifest(envelope.value.manifest);
  if (manifest.ok) describeManifest(manifest.value, {});
}

function faultOfRefusal(refusal: Parameters<typeof explain>[0], file: Uint8Array): string | undefined {
  const { problem, remedy } = explain(refusal);
  // "(undefined)" is a reason of the CBOR reader.
  if (/undefined(?!\))|\[object|NaN/.test(`${problem} ${remedy}`)) return `explained as: ${problem}`;
  return "offset" in refusal ? faultOfOffset(refusal, file.length) : undefined;
}

function faultOfAccepted(update: VerifiedUpdate, verdict: AcceptedInput, file: Uint8Array): string | undefined {
  if (bytesToHex(verdict.rewritten) !== bytesToHex(file)) return "written again differently";
  for (const [name, steps] of Object.entries(update.plan)) {
    const fault = faultOfSteps(steps);
    if (fault !== undefined) return `${name}: ${fault}`;
  }
  return undefined;
}

/** Whatever is written is matched before it is written again or anything is started, and at last. */
function faultOfSteps(steps: Plan["update"]): string | undefined {
  const unmatched = new Set<string>();
  for (const [i, step] of steps.entries()) {
    const target = `${step.dependency ?? "own"}/${step.component}`;
    if (step.do === "image-match") unmatched.delete(target);
    else if (step.do === "invoke") {
      if (unmatched.size > 0) return `step ${i} starts something while ${[...unmatched].join()} was never matched`;
    } else if (unmatched.has(target)) return `step ${i} overwrites ${target}, which was never matched`;
    else unmatched.add(target);
  }
  return unmatched.size > 0 ? `${[...unmatched].join()} is never matched` : undefined;
}
