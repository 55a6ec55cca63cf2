import { err, ok, type Result } from "@sumac/cbor";
import type { Command, CommandSequence, ComponentId, ComponentIndex, Directive } from "@sumac/suit";
import { componentKey, directiveLabel } from "@sumac/suit";
import { type ComponentParameters, overrideParameters, selectComponents } from "./component-parameters.ts";
import { judgeCondition, type UseBeforePolicy } from "./conditions.ts";
import type { ImageExpectation, PlanStep } from "./plan.ts";
import type { Recipient, RecipientComponent } from "./recipient.ts";
import type { CommandFailure, Rejection } from "./rejection.ts";

/** Commands carried out at most, counted per component: nested try-each over many components multiplies. */
const maxExecuted = 4096;

export interface Procedure {
  readonly components: readonly ComponentId[];
  readonly shared: CommandSequence | undefined;
  /** Those that exist, in the order of the procedure. */
  readonly sequences: readonly CommandSequence[];
  /** URIs whose bytes lie in the envelope. */
  readonly integrated: ReadonlySet<string>;
  readonly recipient: Recipient;
  readonly useBefore: UseBeforePolicy;
}

export interface Ran {
  readonly steps: readonly PlanStep[];
  /** Which identity conditions were judged, and held, outside any alternative that failed. */
  readonly identity: ReadonlySet<IdentityCondition>;
}

type IdentityCondition = "vendor-identifier" | "class-identifier";

/** Where a sequence runs: soft-failure has a meaning only inside try-each and run-sequence. */
type Scope = "procedure" | "try-each" | "run-sequence";

/** `soft`: a condition failed where its sequence is allowed to fail; anything else ends the whole procedure. */
interface Failure {
  readonly kind: "soft" | "final";
  readonly rejection: Rejection;
}

/** A step that waits for the image-match which says what its image has to be. */
interface OpenStep {
  readonly position: number;
  readonly offset: number;
  readonly complete: (expected: ImageExpectation) => PlanStep;
}

/**
 * The abstract machine of draft-ietf-suit-manifest-37 section 6 as a planner: commands run against parameters and facts,
 * and what would touch an image becomes a step. Nothing is fetched, written or started here. Conditions on images
 * cannot be judged before there is one: image-match becomes a step that the device must see hold, so an alternative of
 * a try-each is never left because of it. Commands run strictly in order.
 */
export function runProcedure(procedure: Procedure): Result<Ran, Rejection> {
  const machine = new Machine(procedure);
  for (const sequence of procedure.sequences) {
    const failure = machine.runSection(sequence);
    if (failure !== undefined) return err(failure.rejection);
  }
  const unmatched = machine.firstUnmatched();
  return unmatched === undefined ? ok({ steps: machine.steps(), identity: machine.identity }) : err(unmatched);
}

class Machine {
  identity: ReadonlySet<IdentityCondition> = new Set();
  readonly #procedure: Procedure;
  readonly #parameters: ComponentParameters[];
  /** Undefined where a step is still open. */
  readonly #steps: (PlanStep | undefined)[] = [];
  /** Steps whose image no image-match covers yet, by component. */
  readonly #open = new Map<number, OpenStep>();
  #index: ComponentIndex = 0;
  #softFailure = false;
  #executed = 0;

  constructor(procedure: Procedure) {
    this.#procedure = procedure;
    this.#parameters = procedure.components.map(() => ({}));
  }

  /** Complete once `firstUnmatched` finds nothing. */
  steps(): readonly PlanStep[] {
    return this.#steps.filter((step) => step !== undefined);
  }

  /** The shared sequence runs again before every sequence (suit.md 5). */
  runSection(sequence: CommandSequence): Failure | undefined {
    this.#index = 0;
    this.#softFailure = false;
    const { shared } = this.#procedure;
    return (shared && this.#run(shared, "procedure")) ?? this.#run(sequence, "procedure");
  }

  /** An image that nothing compares with a signed digest must never become runnable (integrated ones are unsigned). */
  firstUnmatched(): Rejection | undefined {
    for (const [component, { offset }] of this.#open) {
      return { code: "image-match-missing", component: this.#name(component), offset };
    }
    return undefined;
  }

  #run(sequence: CommandSequence, scope: Scope): Failure | undefined {
    for (const command of sequence.commands) {
      const failure = this.#execute(command, scope);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #execute(command: Command, scope: Scope): Failure | undefined {
    if (command.kind === "set-component-index") {
      this.#index = command.index;
      return selectComponents(command.index, this.#procedure.components.length) === undefined
        ? commandFailed("set-component-index", command.offset, "component-index")
        : undefined;
    }
    const selected = selectComponents(this.#index, this.#procedure.components.length);
    if (selected === undefined) return commandFailed(command.kind, command.offset, "component-index");
    const before = this.#index;
    for (const component of selected) {
      this.#executed += 1;
      if (this.#executed > maxExecuted) return commandFailed(command.kind, command.offset, "too-many-commands");
      const failure = this.#executeFor(component, command, scope);
      if (failure !== undefined) return failure;
    }
    if (command.kind === "try-each" || command.kind === "run-sequence") this.#index = before;
    return undefined;
  }

  #executeFor(
    component: number,
    command: Exclude<Command, { kind: "set-component-index" }>,
    scope: Scope,
  ): Failure | undefined {
    switch (command.kind) {
      case "override-parameters":
        return this.#override(component, command, scope);
      case "condition":
        return this.#condition(component, command);
      case "directive":
        return this.#directive(component, command.directive, command.offset);
      case "try-each":
        return this.#tryEach(component, command);
      case "run-sequence":
        return this.#runSequence(component, command.sequence);
    }
  }

  #override(component: number, command: Command & { kind: "override-parameters" }, scope: Scope): Failure | undefined {
    const { softFailure } = command.parameters;
    if (softFailure !== undefined) {
      if (scope === "procedure") return commandFailed(command.kind, command.offset, "soft-failure-outside");
      this.#softFailure = softFailure;
    }
    overrideParameters(this.#of(component), command.parameters);
    return undefined;
  }

  #condition(component: number, command: Command & { kind: "condition" }): Failure | undefined {
    const { condition, offset } = command;
    if (condition === "image-match") return this.#imageMatch(component, offset);
    const rejection = judgeCondition(
      condition,
      this.#of(component),
      {
        recipient: this.#procedure.recipient,
        component: this.#recipientComponent(component),
        useBefore: this.#procedure.useBefore,
      },
      offset,
    );
    if (rejection !== undefined) {
      // What this verifier cannot judge must not look like a condition that merely did not hold.
      return { kind: this.#softFailure && rejection.code !== "unsupported" ? "soft" : "final", rejection };
    }
    if (condition === "vendor-identifier" || condition === "class-identifier")
      this.identity = new Set([...this.identity, condition]);
    return undefined;
  }

  #imageMatch(component: number, offset: number): Failure | undefined {
    const { imageDigest, imageSize } = this.#of(component);
    if (imageDigest === undefined) {
      const kind = this.#softFailure ? "soft" : "final";
      return { kind, rejection: { code: "condition-failed", condition: "image-match", offset } };
    }
    const limit = this.#recipientComponent(component)?.maxSize;
    if (limit !== undefined && imageSize !== undefined && imageSize > limit) {
      return { kind: "final", rejection: { code: "image-too-large", size: imageSize, limit } };
    }
    const expected = { digest: imageDigest, ...(imageSize !== undefined && { size: imageSize }) };
    const open = this.#open.get(component);
    if (open !== undefined) this.#steps[open.position] = open.complete(expected);
    this.#open.delete(component);
    this.#steps.push({ do: "image-match", component, expected });
    return undefined;
  }

  #directive(component: number, directive: Directive, offset: number): Failure | undefined {
    const parameters = this.#of(component);
    const missing = (): Failure => commandFailed(directive, offset, "parameter-missing");
    // Overwritten before anything looked at it: the earlier image was never matched.
    if (directive !== "invoke" && this.#open.has(component)) return this.#final(this.firstUnmatched());
    switch (directive) {
      case "invoke": {
        const unmatched = this.firstUnmatched();
        if (unmatched !== undefined) return this.#final(unmatched);
        const { invokeArgs: args } = parameters;
        this.#steps.push({ do: "invoke", component, ...(args !== undefined && { args }) });
        return undefined;
      }
      case "fetch": {
        const { uri } = parameters;
        if (uri === undefined) return missing();
        const source = this.#procedure.integrated.has(uri) ? "integrated" : "remote";
        // "#name" means inside this envelope; looking for it on a network would let anybody supply it.
        if (source === "remote" && uri.startsWith("#")) return commandFailed(directive, offset, "payload-missing");
        const id = this.#procedure.components[component] as ComponentId;
        return this.#begin(component, offset, (expected) => ({ do: "fetch", component, id, uri, source, expected }));
      }
      case "write": {
        const { content } = parameters;
        if (content === undefined) return missing();
        return this.#begin(component, offset, (expected) => ({ do: "write", component, content, expected }));
      }
      case "copy": {
        const { sourceComponent: from } = parameters;
        if (from === undefined) return missing();
        if (from >= this.#parameters.length) return commandFailed(directive, offset, "component-index");
        if (from === component) return commandFailed(directive, offset, "same-component");
        return this.#begin(component, offset, (expected) => ({ do: "copy", component, from, expected }));
      }
      case "swap":
        return this.#final({ code: "unsupported", field: directive, label: directiveLabel.swap, offset });
    }
  }

  /** First success ends it; a condition that fails moves on; nil as last entry allows that all fail (suit.md 5, rule 6). */
  #tryEach(component: number, command: Command & { kind: "try-each" }): Failure | undefined {
    const outer = this.#softFailure;
    const { identity } = this;
    let last: Failure | undefined;
    for (const sequence of command.sequences) {
      this.#index = component;
      this.#softFailure = true;
      last = this.#run(sequence, "try-each");
      this.#softFailure = outer;
      if (last === undefined) return undefined;
      if (last.kind === "final") return last;
      this.identity = identity; // what held in an alternative that was left does not count
    }
    if (command.orNil) return undefined;
    const rejection = last?.rejection ?? {
      code: "command-failed" as const,
      command: "try-each",
      offset: command.offset,
      because: "nothing-to-try" as const,
    };
    return { kind: outer ? "soft" : "final", rejection };
  }

  /** soft-failure starts false inside and is forgotten at the end; set true, a failed condition ends only this sequence. */
  #runSequence(component: number, sequence: CommandSequence): Failure | undefined {
    const outer = this.#softFailure;
    this.#index = component;
    this.#softFailure = false;
    const failure = this.#run(sequence, "run-sequence");
    this.#softFailure = outer;
    if (failure === undefined || failure.kind === "soft") return undefined;
    return failure;
  }

  #begin(component: number, offset: number, complete: OpenStep["complete"]): undefined {
    this.#open.set(component, { position: this.#steps.length, offset, complete });
    this.#steps.push(undefined);
  }

  #of(component: number): ComponentParameters {
    return this.#parameters[component] as ComponentParameters;
  }

  #name(component: number): string {
    return componentKey(this.#procedure.components[component] as ComponentId);
  }

  #recipientComponent(component: number): RecipientComponent | undefined {
    const { recipient } = this.#procedure;
    if (recipient.components === "any") return undefined;
    return recipient.components.find(({ id }) => componentKey(id) === this.#name(component));
  }

  #final(rejection: Rejection | undefined): Failure | undefined {
    return rejection && { kind: "final", rejection };
  }
}

function commandFailed(command: string, offset: number, because: CommandFailure): Failure {
  return { kind: "final", rejection: { code: "command-failed", command, offset, because } };
}
