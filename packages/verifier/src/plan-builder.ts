import type { Directive } from "@sumac/suit";
import type { Access } from "./command-order.ts";
import { ComponentImages, type Content, compareImages, type OpenStep } from "./component-images.ts";
import type { ComponentParameters } from "./component-parameters.ts";
import { expectedImage } from "./conditions.ts";
import { commandFailed, type Failure, final } from "./failure.ts";
import type { PlanStep } from "./plan.ts";
import type { Frame, Target } from "./program.ts";
import type { ComponentFacts } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";

/** One directive for one component. */
export interface DirectiveCall {
  readonly frame: Frame;
  readonly target: Target;
  readonly parameters: ComponentParameters;
  readonly offset: number;
}

export type ImageDirective = Exclude<Directive, "process-dependency" | "unlink">;

/** Turns directives into steps, and sees to it that nothing is started or overwritten that was not matched first. */
export class PlanBuilder {
  readonly images: ComponentImages;
  /** Undefined where a step is still open. */
  #steps: (PlanStep | undefined)[] = [];

  constructor(facts: ComponentFacts) {
    this.images = new ComponentImages(facts);
  }

  /** What is known of images stays from one procedure to the next. */
  startProcedure(): void {
    this.#steps = [];
  }

  /** Complete once nothing is unmatched. */
  get steps(): readonly PlanStep[] {
    return this.#steps.filter((step) => step !== undefined);
  }

  /** An image that nothing compares with a signed digest must never become runnable (integrated ones are unsigned). */
  get unmatched(): Rejection | undefined {
    const open = this.images.firstOpen();
    return open && unmatched(open);
  }

  /**
   * The condition as far as it is known, and else as a step that has to hold. `soft` is what a failed condition does here;
   * an image that no slot can hold is refused whatever alternative there is.
   */
  imageMatch(call: DirectiveCall, soft: Failure["kind"]): Failure | undefined {
    const { target, parameters, offset } = call;
    const expected = expectedImage(parameters);
    const limit = target.known?.maxSize;
    if (limit !== undefined && expected?.size !== undefined && expected.size > limit) {
      return final({ code: "image-too-large", size: expected.size, limit });
    }
    if (expected === undefined || compareImages(this.images.image(target), expected) === "different") {
      return { kind: soft, rejection: { code: "condition-failed", condition: "image-match", offset } };
    }
    const open = this.images.match(target, expected);
    if (open !== undefined) this.#steps[open.position] = open.complete(expected);
    this.#steps.push({ do: "image-match", ...stepTarget(call), expected });
    return undefined;
  }

  direct(directive: ImageDirective, call: DirectiveCall): Failure | undefined {
    // Overwritten before anything looked at it: the earlier image was never matched.
    const open = directive === "invoke" ? this.images.firstOpen() : this.images.openIn(call.target);
    if (open !== undefined) return final(unmatched(open));
    switch (directive) {
      case "fetch":
        return this.#fetch(call);
      case "write":
        return this.#write(call);
      case "copy":
        return this.#copy(call);
      case "swap":
        return this.#swap(call);
      case "invoke":
        return this.#invoke(call);
    }
  }

  #fetch(call: DirectiveCall): Failure | undefined {
    const { frame, target, offset } = call;
    const { uri } = call.parameters;
    if (uri === undefined) return commandFailed("fetch", offset, "parameter-missing");
    const source = frame.program.integrated.has(uri) ? "integrated" : "remote";
    // "#name" means inside this envelope; looking for it on a network would let anybody supply it.
    if (source === "remote" && uri.startsWith("#")) return commandFailed("fetch", offset, "payload-missing");
    const step = { do: "fetch", ...stepTarget(call), id: target.id, uri, source } as const;
    return this.#open(call, {}, (expected) => ({ ...step, expected }));
  }

  #write(call: DirectiveCall): Failure | undefined {
    const { content, encryptionInfo: encryption } = call.parameters;
    if (content === undefined) return commandFailed("write", call.offset, "parameter-missing");
    const step = { do: "write", ...stepTarget(call), content, ...(encryption && { encryption }) } as const;
    return this.#open(call, encryption === undefined ? { bytes: content } : {}, (expected) => ({ ...step, expected }));
  }

  #copy(call: DirectiveCall): Failure | undefined {
    const { encryptionInfo: encryption } = call.parameters;
    const source = sourceOf("copy", call);
    if ("rejection" in source) return source;
    const step = { do: "copy", ...stepTarget(call), from: source.index, ...(encryption && { encryption }) } as const;
    // What it puts there is not concluded from the source: the examples of the draft unpack on the way.
    return this.#open(call, {}, (expected) => ({ ...step, expected }));
  }

  #swap(call: DirectiveCall): Failure | undefined {
    const other = sourceOf("swap", call);
    if ("rejection" in other) return other;
    const open = this.images.openIn(other);
    if (open !== undefined) return final(unmatched(open));
    const step = { do: "swap", ...stepTarget(call), with: other.index } as const;
    const content = { image: this.images.image(other), bytes: this.images.bytes(other) };
    this.images.put(other, { image: this.images.image(call.target), bytes: this.images.bytes(call.target) });
    return this.#open(call, content, (expected) => ({ ...step, expected }));
  }

  #invoke(call: DirectiveCall): Failure | undefined {
    const { invokeArgs: args } = call.parameters;
    this.#steps.push({ do: "invoke", ...stepTarget(call), ...(args !== undefined && { args }) });
    return undefined;
  }

  #open({ target, offset }: DirectiveCall, content: Content, complete: OpenStep["complete"]): undefined {
    this.images.write({ target, offset, position: this.#steps.length, complete }, content);
    this.#steps.push(undefined);
  }
}

const unmatched = ({ target, offset }: OpenStep): Rejection => ({
  code: "image-match-missing",
  component: target.key,
  offset,
});

/** What copy and swap read from; it has to be another component of the same manifest. */
function sourceOf(directive: "copy" | "swap", { frame, target, parameters, offset }: DirectiveCall): Target | Failure {
  const { sourceComponent: index } = parameters;
  if (index === undefined) return commandFailed(directive, offset, "parameter-missing");
  const source = frame.targets.get(index);
  if (source === undefined || source.dependency !== undefined) {
    return commandFailed(directive, offset, "component-index");
  }
  return source.key === target.key ? commandFailed(directive, offset, "same-component") : source;
}

/** Who is written and who is read. */
export function accessOf(directive: ImageDirective, { frame, target, parameters }: DirectiveCall): Access {
  if (directive === "invoke") return { written: [], read: [] };
  const source = directive === "copy" || directive === "swap" ? parameters.sourceComponent : undefined;
  const key = source === undefined ? undefined : frame.targets.get(source)?.key;
  const read = key === undefined ? [] : [key];
  return directive === "swap"
    ? { written: [target.key, ...read], read: [target.key, ...read] }
    : { written: [target.key], read };
}

const stepTarget = ({
  frame,
  target,
}: DirectiveCall): { readonly component: number; readonly dependency?: number } => ({
  component: target.index,
  ...(frame.dependency !== undefined && { dependency: frame.dependency }),
});
