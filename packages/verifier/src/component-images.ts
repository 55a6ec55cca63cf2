import { digestEquals } from "@sumac/suit";
import type { ImageExpectation, PlanStep } from "./plan.ts";
import type { Target } from "./program.ts";
import type { ComponentFacts } from "./recipient.ts";

/** A step that waits for the image-match which says what its image has to be. */
export interface OpenStep {
  readonly target: Target;
  readonly position: number;
  readonly offset: number;
  readonly complete: (expected: ImageExpectation) => PlanStep;
}

/** What the plan puts into a component; undefined = not known. */
export interface Content {
  readonly image?: ImageExpectation | undefined;
  readonly bytes?: Uint8Array | undefined;
}

/** Which image and which bytes lie in each component at this point of the plan: what was told, then what was written. */
export class ComponentImages {
  readonly #facts: ComponentFacts;
  readonly #contents = new Map<string, Content>();
  readonly #open = new Map<string, OpenStep>();

  constructor(facts: ComponentFacts) {
    this.#facts = facts;
  }

  image({ key, id }: Target): ImageExpectation | undefined {
    const content = this.#contents.get(key);
    return content === undefined ? this.#facts.componentImage?.(id) : content.image;
  }

  bytes({ key, id }: Target): Uint8Array | undefined {
    const content = this.#contents.get(key);
    return content === undefined ? this.#facts.componentContent?.(id) : content.bytes;
  }

  /** The step is open from here on: until it is matched, nobody vouches for what it wrote. */
  write(step: OpenStep, content: Content): void {
    this.#contents.set(step.target.key, content);
    this.#open.set(step.target.key, step);
  }

  /** The other half of a swap: nothing has to be matched there. */
  put({ key }: Target, content: Content): void {
    this.#contents.set(key, content);
  }

  /** An image-match that the device has to see hold before it goes on. Returns the step that it completes. */
  match(target: Target, expected: ImageExpectation): OpenStep | undefined {
    const step = this.#open.get(target.key);
    this.#open.delete(target.key);
    this.#contents.set(target.key, { image: expected, bytes: this.bytes(target) });
    return step;
  }

  openIn({ key }: Target): OpenStep | undefined {
    return this.#open.get(key);
  }

  firstOpen(): OpenStep | undefined {
    return this.#open.values().next().value;
  }
}

/** `unknown` also where the two digests are of different algorithms: neither says anything of the other. */
export function compareImages(
  known: ImageExpectation | undefined,
  expected: ImageExpectation,
): "same" | "different" | "unknown" {
  if (known === undefined || known.digest.algorithm !== expected.digest.algorithm) return "unknown";
  const sameSize = known.size === undefined || expected.size === undefined || known.size === expected.size;
  return sameSize && digestEquals(known.digest, expected.digest) ? "same" : "different";
}
