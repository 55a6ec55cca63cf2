import { bytesToHex, type Crypto } from "@sumac/crypto";
import { componentKey, digestEquals, digestOf, serializeEnvelope, serializeManifest, serializeText } from "@sumac/suit";
import { type PlanStep, type VerifiedUpdate, type VerifyContext, verifyEnvelope } from "@sumac/verifier";
import { refusedInput, type Verdict } from "./verdict.ts";

/** Asks the whole verifier. */
export function judgeSuit(bytes: Uint8Array, context: VerifyContext): Verdict {
  const answer = verifyEnvelope(bytes, context);
  if (!answer.ok) return refusedInput(answer.error);
  const update = answer.value;
  return { verdict: "accept", meaning: meaningOf(update), rewritten: rewrite(update) };
}

/** The facts of an accept vector's header. */
function meaningOf({ manifest, manifestDigest, standing, plan }: VerifiedUpdate): Readonly<Record<string, string>> {
  return {
    sequence: String(manifest.sequenceNumber),
    components: manifest.components.map(componentKey).join(" "),
    digest: `${manifestDigest.algorithm} ${bytesToHex(manifestDigest.bytes)}`,
    standing,
    update: plan.update.map(stepText).join(", ") || "nothing",
    invocation: plan.invocation.map(stepText).join(", ") || "nothing",
  };
}

function stepText(step: PlanStep): string {
  const target = step.dependency === undefined ? `${step.component}` : `${step.dependency}/${step.component}`;
  const source = step.do === "fetch" && step.source === "integrated" ? " integrated" : "";
  const encrypted = "encryption" in step ? " encrypted" : "";
  return `${step.do} ${target}${source}${encrypted}`;
}

function rewrite({ envelope, manifest, members }: VerifiedUpdate): Uint8Array {
  const written = serializeManifest(manifest);
  if (bytesToHex(written) !== bytesToHex(manifest.encoded)) throw new Error("the manifest is written differently");
  if (members.text !== undefined && bytesToHex(serializeText(members.text)) !== bytesToHex(members.text.encoded)) {
    throw new Error("the text is written differently");
  }
  return serializeEnvelope(envelope);
}

/** Whether the payloads that lie in the envelope are the ones that were signed: image-match asks, once they are staged. */
export function integratedPayloadsMatch({ envelope, plan }: VerifiedUpdate, crypto: Crypto): boolean {
  return plan.update.every((step) => {
    if (step.do !== "fetch" || step.source !== "integrated") return true;
    const payload = envelope.integratedPayloads.get(step.uri);
    const { digest } = step.expected;
    return payload !== undefined && digestEquals(digestOf(crypto, digest.algorithm, payload), digest);
  });
}
