import { bytesToHex } from "@sumac/crypto";
import { type Directive, digestEquals, directiveLabel, type SuitDigest } from "@sumac/suit";
import type { CarriedDependency, FindDependency, VerifiedDependency } from "./carried-dependency.ts";
import { commandFailed, dependencyRefused, type Failure, final, noDependency } from "./failure.ts";
import type { ImageExpectation } from "./plan.ts";
import { type Frame, frameOf, programOf, type Target } from "./program.ts";
import type { Recipient } from "./recipient.ts";
import { type Section, sectionsOf } from "./sections.ts";

interface Held {
  readonly carried: CarriedDependency;
  /** Set by dependency-integrity, for the procedure that runs. */
  verified?: VerifiedDependency;
  readonly processed: Set<Section>;
}

/**
 * The dependencies of one manifest while its procedures run (trust-domains-12; suit.md 7.1): what was fetched for each,
 * whether it was verified in this procedure, and which of its sections have run.
 */
export class DependencyRun {
  readonly #find: FindDependency;
  readonly #held = new Map<number, Held>();
  readonly #recipient: Recipient;
  readonly #verified = new Map<number, VerifiedDependency>();
  readonly #frames = new Map<number, Frame>();

  constructor(find: FindDependency, recipient: Recipient) {
    this.#find = find;
    this.#recipient = recipient;
  }

  /** Those that were verified, in whichever procedure. */
  get verified(): ReadonlyMap<number, VerifiedDependency> {
    return this.#verified;
  }

  /** What was fetched stays, but a check counts only for the procedure in which it was made. */
  startProcedure(): void {
    for (const [index, { carried }] of this.#held) this.#held.set(index, { carried, processed: new Set() });
  }

  /** A dependency is fetched and processed; to write, copy, swap or start one has no meaning here, nor has unlink. */
  direct(directive: Directive, target: Target, uri: string | undefined, offset: number): Failure | undefined {
    if (directive === "fetch") {
      if (uri === undefined) return commandFailed(directive, offset, "parameter-missing");
      return this.#fetch(target, uri, offset);
    }
    const field = directive === "unlink" ? directive : `dependency.${directive}`;
    return final({ code: "unsupported", field, label: directiveLabel[directive], offset });
  }

  #fetch({ index }: Target, uri: string, offset: number): Failure | undefined {
    const found = this.#find(uri);
    // A dependency from elsewhere could only be planned once it is there.
    if (found === undefined) {
      return final({ code: "unsupported", field: "dependency.fetch", label: directiveLabel.fetch, offset });
    }
    if (!found.ok) return dependencyRefused(index, offset, found.error);
    const held = this.#held.get(index);
    // Steps say which dependency they are of, so an index means one manifest from its first check on.
    if (this.#verified.has(index) && held?.carried !== found.value) {
      return commandFailed("fetch", offset, "dependency-replaced");
    }
    this.#held.set(index, { carried: found.value, processed: held?.processed ?? new Set() });
    return undefined;
  }

  /** image-match over a dependency: its manifest's digest, and where a size is given that of its envelope. */
  matches({ index }: Target, expected: ImageExpectation | undefined): boolean {
    const carried = this.#held.get(index)?.carried;
    if (expected === undefined || carried === undefined || !carried.hasDigest(expected.digest)) return false;
    return expected.size === undefined || expected.size === carried.size;
  }

  /** dependency-integrity: any failure ends everything, wherever it stands. */
  verify(target: Target, digest: SuitDigest | undefined, offset: number): Failure | undefined {
    const { dependency, index } = target;
    if (dependency === undefined) return noDependency("dependency-integrity", offset);
    if (digest === undefined) return commandFailed("dependency-integrity", offset, "parameter-missing");
    const held = this.#held.get(index);
    if (held === undefined) return commandFailed("dependency-integrity", offset, "dependency-absent");
    const verified = held.carried.verify(dependency);
    if (!verified.ok) return dependencyRefused(index, offset, verified.error);
    const { manifestDigest } = verified.value;
    if (!digestEquals(manifestDigest, digest)) {
      return dependencyRefused(index, offset, {
        code: "manifest-digest-mismatch",
        claimed: bytesToHex(digest.bytes),
        computed: bytesToHex(manifestDigest.bytes),
      });
    }
    held.verified = verified.value;
    this.#verified.set(index, verified.value);
    return undefined;
  }

  /** process-dependency: what is to run now, or why nothing may. */
  enter({ dependency, index }: Target, section: Section, offset: number): Frame | Failure {
    if (dependency === undefined) return noDependency("process-dependency", offset);
    const held = this.#held.get(index);
    if (held?.verified === undefined) return commandFailed("process-dependency", offset, "dependency-unverified");
    held.processed.add(section);
    const frame =
      this.#frames.get(index) ?? frameOf(programOf(held.verified, dependency.prefix), this.#recipient, index);
    this.#frames.set(index, frame);
    return frame;
  }

  /** The offset of a section that a known dependency has and that its dependent has passed over. */
  passedOver(sections: readonly Section[]): number | undefined {
    for (const [index, { manifest, members }] of this.#verified) {
      const has = sectionsOf(manifest, members);
      const missed = sections.find((one) => has[one] !== undefined && !this.#held.get(index)?.processed.has(one));
      if (missed !== undefined) return has[missed]?.offset;
    }
    return undefined;
  }
}
