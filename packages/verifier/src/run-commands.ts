import { err, ok, type Result } from "@sumac/cbor";
import type { Command, CommandSequence, ComponentIndex } from "@sumac/suit";
import type { VerifiedDependency } from "./carried-dependency.ts";
import { CommandOrder, keepsToOneComponent } from "./command-order.ts";
import { type ComponentParameters, overrideParameters, setParameters } from "./component-parameters.ts";
import { type ConditionJudges, expectedImage, judgeCondition, type UseBeforePolicy } from "./conditions.ts";
import type { DependencyRun } from "./dependency-run.ts";
import { commandFailed, dependencyRefused, type Failure, final, noDependency } from "./failure.ts";
import type { PlanStep } from "./plan.ts";
import { accessOf, type DirectiveCall, PlanBuilder } from "./plan-builder.ts";
import { type Frame, frameOf, type Program, type Target } from "./program.ts";
import type { ComponentFacts, Recipient } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";
import type { Section } from "./sections.ts";

/** Commands carried out at most in a procedure, counted per component: nested try-each over many components multiplies. */
const maxExecuted = 4096;

export interface MachineSetup {
  readonly program: Program;
  readonly recipient: Recipient;
  readonly useBefore: UseBeforePolicy;
  readonly facts?: ComponentFacts | undefined;
  /** Of extensions. */
  readonly conditions?: ConditionJudges | undefined;
  /** Absent: no dependency is ever there. */
  readonly dependencyRun?: DependencyRun | undefined;
}

type IdentityCondition = "vendor-identifier" | "class-identifier";

/** Where a sequence runs: soft-failure has a meaning only inside try-each and run-sequence. */
type Scope = "procedure" | "try-each" | "run-sequence";

/**
 * The abstract machine of draft-ietf-suit-manifest-37 section 6 as a planner: commands run against parameters and facts,
 * and what would touch an image becomes a step. Nothing is fetched, written or started here. What is known of an image
 * is judged; of any other, image-match becomes a step that the device must see hold, so an alternative of a try-each is
 * not left because of it. Commands run strictly in order. What one procedure writes, the next one finds.
 */
export class Machine {
  readonly #setup: MachineSetup;
  readonly #plan: PlanBuilder;
  readonly #dependencies: DependencyRun | undefined;
  #parameters = new Map<string, ComponentParameters>();
  #identity: ReadonlySet<IdentityCondition> = new Set();
  #executed = 0;
  #frame: Frame;
  /** Undefined in the shared sequence. */
  #section: Section | undefined;
  #index: ComponentIndex = 0;
  #softFailure = false;
  #order = new CommandOrder();

  constructor(setup: MachineSetup) {
    const { program, recipient, facts = {}, dependencyRun } = setup;
    this.#setup = setup;
    this.#plan = new PlanBuilder(facts);
    this.#dependencies = dependencyRun;
    this.#frame = frameOf(program, recipient);
  }

  /** The dependencies that were verified while the procedures ran, by their index. */
  get dependencies(): ReadonlyMap<number, VerifiedDependency> {
    return this.#dependencies?.verified ?? new Map();
  }

  /** Which identity conditions the shared sequence judges, and finds to hold, outside any alternative that failed. */
  runShared(): Result<ReadonlySet<IdentityCondition>, Rejection> {
    const failure = this.#runSection(undefined);
    return failure === undefined ? ok(this.#identity) : err(failure.rejection);
  }

  /** One procedure: those of its sections that exist, in order. Parameters are cleared at its start only. */
  runProcedure(sections: readonly Section[]): Result<readonly PlanStep[], Rejection> {
    this.#parameters = new Map();
    this.#executed = 0;
    this.#plan.startProcedure();
    this.#dependencies?.startProcedure();
    const { program } = this.#frame;
    for (const [i, section] of sections.entries()) {
      const failure =
        (program.sections[section] && this.#runSection(section)) ?? this.#lockstep(sections.slice(0, i + 1));
      if (failure !== undefined) return err(failure.rejection);
    }
    const unresolved = this.#unresolved(program.dependenciesOffset);
    if (unresolved !== undefined) return err(unresolved.rejection);
    const { unmatched } = this.#plan;
    return unmatched === undefined ? ok(this.#plan.steps) : err(unmatched);
  }

  /** The shared sequence runs again before every other (suit.md 5). */
  #runSection(section: Section | undefined): Failure | undefined {
    const { shared, sections } = this.#frame.program;
    this.#index = 0;
    this.#softFailure = false;
    this.#order = new CommandOrder();
    this.#section = undefined;
    const failure = shared && this.#run(shared, "procedure");
    this.#section = section;
    const own = section && sections[section];
    return failure ?? (own && this.#run(own, "procedure"));
  }

  /** Every section so far of every dependency has run before the dependent's next one starts (suit.md 7.1). */
  #lockstep(sections: readonly Section[]): Failure | undefined {
    const offset = this.#dependencies?.passedOver(sections);
    return offset === undefined ? undefined : commandFailed("process-dependency", offset, "dependency-passed-over");
  }

  /** No dependency may be left out: what it says of its components would never have been asked. */
  #unresolved(offset: number): Failure | undefined {
    const { dependencies } = this.#frame.program;
    return dependencies.every(({ index }) => this.dependencies.has(index))
      ? undefined
      : commandFailed("dependency-integrity", offset, "dependency-unverified");
  }

  #run(sequence: CommandSequence, scope: Scope): Failure | undefined {
    for (const command of sequence.commands) {
      const failure = this.#execute(command, scope);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #execute(command: Command, scope: Scope): Failure | undefined {
    if (command.kind === "set-component-index") this.#index = command.index;
    const before = this.#index;
    const selected = this.#select(command);
    if (selected === undefined) return commandFailed(command.kind, command.offset, "component-index");
    if (command.kind === "set-component-index") {
      // Looking up a long list is work too, and run-sequence could ask for it again and again.
      return this.#count(selected.length, command);
    }
    for (const target of selected) {
      this.#index = before;
      const tooMany = this.#count(1, command);
      if (tooMany !== undefined) return tooMany;
      const failure = this.#executeFor(target, command, scope);
      if (failure !== undefined) return failure;
    }
    this.#index = before;
    return undefined;
  }

  #count(executed: number, { kind, offset }: Command): Failure | undefined {
    this.#executed += executed;
    return this.#executed > maxExecuted ? commandFailed(kind, offset, "too-many-commands") : undefined;
  }

  /** `true` is every index in list order; process-dependency then means every dependency (suit.md 7.1). */
  #select(command: Command): readonly Target[] | undefined {
    const { targets } = this.#frame;
    if (this.#index === "all") {
      const every = [...targets.values()];
      const processes = command.kind === "directive" && command.directive === "process-dependency";
      return processes ? every.filter(({ dependency }) => dependency !== undefined) : every;
    }
    if (typeof this.#index === "number") {
      const target = targets.get(this.#index);
      return target && [target];
    }
    const indices = this.#index;
    const selected = indices.flatMap((index) => targets.get(index) ?? []);
    return selected.length === indices.length ? selected : undefined;
  }

  #executeFor(
    target: Target,
    command: Exclude<Command, { kind: "set-component-index" }>,
    scope: Scope,
  ): Failure | undefined {
    switch (command.kind) {
      case "override-parameters":
        return this.#override(target, command, scope);
      case "set-parameters":
        setParameters(this.#of(target), command.parameters);
        return undefined;
      case "condition":
        return this.#condition(target, command);
      case "directive":
        return this.#directive(target, command);
      case "try-each":
        return this.#tryEach(target, command);
      case "run-sequence":
        return this.#runSequence(target, command);
    }
  }

  #override(
    target: Target,
    { parameters, kind, offset }: CommandOf<"override-parameters">,
    scope: Scope,
  ): Failure | undefined {
    const { softFailure, strictOrder } = parameters;
    if (softFailure !== undefined) {
      if (scope === "procedure") return commandFailed(kind, offset, "soft-failure-outside");
      this.#softFailure = softFailure;
    }
    if (strictOrder !== undefined) this.#order.isStrict = strictOrder;
    overrideParameters(this.#of(target), parameters);
    return undefined;
  }

  #condition(target: Target, { condition, offset }: CommandOf<"condition">): Failure | undefined {
    const parameters = this.#of(target);
    const soft = this.#softFailure ? "soft" : "final";
    if (condition === "dependency-integrity") {
      if (this.#dependencies === undefined) return noDependency(condition, offset);
      return this.#dependencies.verify(target, parameters.imageDigest, offset);
    }
    if (condition === "image-match") {
      if (target.dependency === undefined) return this.#plan.imageMatch(this.#call(target, offset), soft);
      if (this.#dependencies?.matches(target, expectedImage(parameters))) return undefined;
      return { kind: soft, rejection: { code: "condition-failed", condition, offset } };
    }
    const { recipient, useBefore, conditions } = this.#setup;
    const facts = { recipient, useBefore, conditions, target, images: this.#plan.images };
    const rejection = judgeCondition(condition, parameters, facts, offset);
    // What this verifier cannot judge must not look like a condition that merely did not hold.
    if (rejection?.code === "component-state-unknown") return final(rejection);
    if (rejection !== undefined) return { kind: soft, rejection };
    if (condition === "vendor-identifier" || condition === "class-identifier") {
      this.#identity = new Set([...this.#identity, condition]);
    }
    return undefined;
  }

  #directive(target: Target, { directive, offset }: CommandOf<"directive">): Failure | undefined {
    if (directive === "process-dependency") return this.#processDependency(target, offset);
    if (directive === "unlink" || target.dependency !== undefined) {
      if (this.#dependencies === undefined) return noDependency(directive, offset);
      return this.#dependencies.direct(directive, target, this.#of(target).uri, offset);
    }
    const call = this.#call(target, offset);
    if (!this.#order.record(accessOf(directive, call))) return commandFailed(directive, offset, "order-matters");
    if (directive !== "fetch") return this.#plan.direct(directive, call);
    // All dependencies are there and believed before any payload is fetched (trust-domains-12, workflow model).
    return this.#unresolved(offset) ?? this.#plan.direct(directive, call);
  }

  /** Runs shared sequence and current section of a dependency in place; whatever fails there is final here. */
  #processDependency(target: Target, offset: number): Failure | undefined {
    const section = this.#section;
    if (section === undefined) return commandFailed("process-dependency", offset, "in-shared-sequence");
    if (this.#dependencies === undefined) return noDependency("process-dependency", offset);
    const inner = this.#dependencies.enter(target, section, offset);
    if ("rejection" in inner) return inner;
    if (inner.program.sections[section] === undefined) return undefined;
    const [frame, softFailure, order] = [this.#frame, this.#softFailure, this.#order];
    this.#frame = inner;
    const failure = this.#runSection(section);
    const { touched } = this.#order;
    [this.#frame, this.#softFailure, this.#order] = [frame, softFailure, order];
    if (failure !== undefined) return dependencyRefused(target.index, offset, failure.rejection);
    return order.record(touched) ? undefined : commandFailed("process-dependency", offset, "order-matters");
  }

  /** First success ends it; a condition that fails moves on; nil as last entry allows that all fail (suit.md 5, rule 6). */
  #tryEach(target: Target, { sequences, orNil, offset }: CommandOf<"try-each">): Failure | undefined {
    const outer = this.#softFailure;
    const identity = this.#identity;
    let last = commandFailed("try-each", offset, "nothing-to-try");
    for (const sequence of sequences) {
      this.#index = target.index;
      this.#softFailure = true;
      const failure = this.#run(sequence, "try-each");
      this.#softFailure = outer;
      if (failure?.kind !== "soft") return failure;
      last = failure;
      this.#identity = identity; // what held in an alternative that was left does not count
    }
    return orNil ? undefined : { kind: outer ? "soft" : "final", rejection: last.rejection };
  }

  /** soft-failure starts false inside and is forgotten at the end; set true, a failed condition ends only this sequence. */
  #runSequence(target: Target, { sequence, offset }: CommandOf<"run-sequence">): Failure | undefined {
    const [outer, order] = [this.#softFailure, this.#order];
    if (!order.isStrict) {
      const index = typeof this.#index === "number" ? "integer" : "several";
      if (!keepsToOneComponent(sequence, index)) return commandFailed("run-sequence", offset, "component-not-fixed");
      this.#order = new CommandOrder();
    }
    this.#index = target.index;
    this.#softFailure = false;
    const failure = this.#run(sequence, "run-sequence");
    const inner = this.#order;
    [this.#softFailure, this.#order] = [outer, order];
    if (inner !== order && !order.record(inner.touched)) return commandFailed("run-sequence", offset, "order-matters");
    return failure?.kind === "soft" ? undefined : failure;
  }

  #call(target: Target, offset: number): DirectiveCall {
    return { frame: this.#frame, target, parameters: this.#of(target), offset };
  }

  #of({ key }: Target): ComponentParameters {
    const parameters = this.#parameters.get(key) ?? {};
    this.#parameters.set(key, parameters);
    return parameters;
  }
}

type CommandOf<Kind extends Command["kind"]> = Extract<Command, { kind: Kind }>;
