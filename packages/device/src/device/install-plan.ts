import { err, ok, type Result } from "@sumac/cbor";
import {
  type ComponentId,
  componentKey,
  digestEquals,
  directiveLabel,
  type Envelope,
  manifestLabel,
  parameterLabel,
} from "@sumac/suit";
import type {
  FetchStep,
  ImageExpectation,
  PlanStep,
  Rejection,
  SizedExpectation,
  VerifiedUpdate,
} from "@sumac/verifier";

/** What this device carries out: one image for each component of a set, in the order of the set, into one slot. */
export interface InstallPlan {
  readonly images: readonly PlannedImage[];
}

export interface PlannedImage {
  readonly component: ComponentId;
  readonly source: PayloadSource;
  readonly expected: SizedExpectation;
}

export type PayloadSource =
  | { readonly kind: "remote"; readonly uri: string }
  /** The payload came inside the envelope. */
  | { readonly kind: "integrated"; readonly image: Uint8Array };

/** A manifest that leaves out components of the set: what would run together was never released together. */
export interface ComponentsIncomplete {
  readonly code: "components-incomplete";
  readonly missing: readonly ComponentId[];
}

/**
 * Takes only plans that, for each component of the set, fetch its image and match it, and then invoke at most once
 * without arguments: what slots can do. Anything else is `unsupported`, named before anything is written; `label` is the
 * number of what is too much.
 */
export function installPlan(
  update: VerifiedUpdate,
  set: readonly ComponentId[],
): Result<InstallPlan, Rejection | ComponentsIncomplete> {
  const { manifest, plan, envelope } = update;
  const refuse = (field: string, label: number): Result<never, Rejection> =>
    err({ code: "unsupported", field, offset: envelope.manifest.contentOffset, label });

  const positions = new Map(manifest.components.map((id, position) => [componentKey(id), position]));
  const missing = set.filter((id) => !positions.has(componentKey(id)));
  if (missing.length > 0) return err({ code: "components-incomplete", missing });
  if (manifest.components.length !== set.length) return refuse("manifest.components", manifest.components.length);

  const images: PlannedImage[] = [];
  const expected = new Map<number, SizedExpectation>();
  for (const id of set) {
    const position = positions.get(componentKey(id)) ?? 0;
    const [fetch, ...rest] = plan.update.filter(({ component }) => component === position);
    if (fetch?.do !== "fetch") return refuse(...stepName("update", fetch));
    const { digest, size } = fetch.expected;
    if (size === undefined) return refuse("manifest.image-size", parameterLabel["image-size"]);
    const beside = rest.find((step) => !matches(step, fetch.expected));
    if (beside !== undefined || rest.length === 0) return refuse(...stepName("update", beside));
    images.push({ component: id, source: sourceOf(fetch, envelope), expected: { digest, size } });
    expected.set(position, { digest, size });
  }
  const last = plan.invocation.length - 1;
  const invokes = (step: PlanStep, i: number): boolean => step.do === "invoke" && step.args === undefined && i === last;
  const unable = plan.invocation.find((step, i) => !matches(step, expected.get(step.component)) && !invokes(step, i));
  return unable === undefined ? ok({ images }) : refuse(...stepName("invocation", unable));
}

const matches = (step: PlanStep, expected: ImageExpectation | undefined): boolean =>
  step.do === "image-match" && expected !== undefined && sameImage(step.expected, expected);

const sameImage = (a: ImageExpectation, b: ImageExpectation): boolean =>
  digestEquals(a.digest, b.digest) && (a.size === undefined || a.size === b.size);

export function sourceOf({ source, uri }: FetchStep, { integratedPayloads }: Envelope): PayloadSource {
  const image = source === "integrated" ? integratedPayloads.get(uri) : undefined;
  return image === undefined ? { kind: "remote", uri } : { kind: "integrated", image };
}

function stepName(procedure: "update" | "invocation", step: PlanStep | undefined): [field: string, label: number] {
  if (step === undefined) return [`plan.${procedure}`, manifestLabel.install];
  const label = step.do === "image-match" ? parameterLabel["image-digest"] : directiveLabel[step.do];
  return [`plan.${procedure}.${step.do}`, label];
}
