import { err, ok, type Result } from "@sumac/cbor";
import { digestEquals, directiveLabel, manifestLabel, parameterLabel } from "@sumac/suit";
import type { ImageExpectation, PlanStep, Rejection, SizedExpectation, VerifiedUpdate } from "@sumac/verifier";

/** What this device carries out: one image from one place into one slot. */
export interface InstallPlan {
  readonly source:
    | { readonly kind: "remote"; readonly uri: string }
    /** The payload came inside the envelope. */
    | { readonly kind: "integrated"; readonly image: Uint8Array };
  readonly expected: SizedExpectation;
}

/**
 * Takes only plans that fetch the image of one component, match it, and invoke it without arguments: what two slots can
 * do. Anything else is `unsupported`, named before anything is written; `label` is the number of what is too much.
 */
export function installPlan(update: VerifiedUpdate): Result<InstallPlan, Rejection> {
  const { manifest, plan, envelope } = update;
  const refuse = (field: string, label: number): Result<never, Rejection> =>
    err({ code: "unsupported", field, offset: envelope.manifest.contentOffset, label });

  if (manifest.components.length !== 1) return refuse("manifest.components", manifest.components.length);
  const [fetch, ...rest] = plan.update;
  if (fetch?.do !== "fetch") return refuse(...stepName("update", fetch));
  const { digest, size } = fetch.expected;
  if (size === undefined) return refuse("manifest.image-size", parameterLabel["image-size"]);

  const matches = (step: PlanStep | undefined): boolean =>
    step?.do === "image-match" && sameImage(step.expected, fetch.expected);
  const beside = rest.find((step) => !matches(step));
  if (beside !== undefined || rest.length === 0) return refuse(...stepName("update", beside));
  const last = plan.invocation.length - 1;
  const invokes = (step: PlanStep, i: number): boolean => step.do === "invoke" && step.args === undefined && i === last;
  const unable = plan.invocation.find((step, i) => !matches(step) && !invokes(step, i));
  if (unable !== undefined) return refuse(...stepName("invocation", unable));

  const image = envelope.integratedPayloads.get(fetch.uri);
  const integrated = fetch.source === "integrated" && image !== undefined;
  return ok({
    source: integrated ? { kind: "integrated", image } : { kind: "remote", uri: fetch.uri },
    expected: { digest, size },
  });
}

const sameImage = (a: ImageExpectation, b: ImageExpectation): boolean =>
  digestEquals(a.digest, b.digest) && (a.size === undefined || a.size === b.size);

function stepName(procedure: "update" | "invocation", step: PlanStep | undefined): [field: string, label: number] {
  if (step === undefined) return [`plan.${procedure}`, manifestLabel.install];
  const label = step.do === "image-match" ? parameterLabel["image-digest"] : directiveLabel[step.do];
  return [`plan.${procedure}.${step.do}`, label];
}
