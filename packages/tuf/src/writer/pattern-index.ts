import { patternsOverlap } from "./pattern-overlap.ts";

interface Owned {
  readonly role: string;
  readonly pattern: string;
}

/** Patterns with the same literal first segment: those with a literal second one by it, and the rest. */
interface Line {
  readonly byModel: Map<string, Owned[]>;
  readonly anyModel: Owned[];
  readonly all: Owned[];
}

/**
 * The patterns of a list of delegations, by what they begin with: only such pairs are compared as can meet, so that a
 * thousand delegations are not half a million pairs.
 */
export class PatternIndex {
  readonly #lines = new Map<string, Line>();
  readonly #anyLine: Owned[] = [];
  readonly #all: Owned[] = [];

  /** Adds a pattern; answers another role that it shares a path with. */
  add(role: string, pattern: string): string | undefined {
    const [first = "", second = ""] = pattern.split("/");
    const other = this.#near(first, second).find(
      (candidate) => candidate.role !== role && patternsOverlap(candidate.pattern, pattern),
    );
    this.#keep({ role, pattern }, first, second);
    return other?.role;
  }

  #near(first: string, second: string): readonly Owned[] {
    if (!isLiteral(first)) return this.#all;
    const line = this.#lines.get(first);
    if (line === undefined) return this.#anyLine;
    if (!isLiteral(second)) return [...line.all, ...this.#anyLine];
    return [...(line.byModel.get(second) ?? []), ...line.anyModel, ...this.#anyLine];
  }

  #keep(owned: Owned, first: string, second: string): void {
    this.#all.push(owned);
    if (!isLiteral(first)) {
      this.#anyLine.push(owned);
      return;
    }
    const line: Line = this.#lines.get(first) ?? { byModel: new Map(), anyModel: [], all: [] };
    this.#lines.set(first, line);
    line.all.push(owned);
    if (isLiteral(second)) line.byModel.set(second, [...(line.byModel.get(second) ?? []), owned]);
    else line.anyModel.push(owned);
  }
}

const isLiteral = (segment: string): boolean => !/[*?]/.test(segment);
