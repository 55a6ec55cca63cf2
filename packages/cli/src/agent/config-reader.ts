import path from "node:path";
import { ok } from "@sumac/cbor";
import { DescriptionReader, type DescriptionRefusal, explain, type Field, type MapReader } from "@sumac/signing";
import { parseDuration } from "../duration.ts";
import { malformedInput } from "../failure.ts";

export type { Field, MapReader };

/** A complaint about a configuration always says where. */
export class ConfigReader {
  readonly #reader: DescriptionReader;
  readonly #name: string;
  readonly #folder: string;

  private constructor(reader: DescriptionReader, name: string, folder: string) {
    this.#reader = reader;
    this.#name = name;
    this.#folder = folder;
  }

  /** `name` is what the file is called in messages; paths in it start in `folder`. Throws `Failure`. */
  static read<T>(
    file: Uint8Array,
    { name, folder }: { readonly name: string; readonly folder: string },
    use: (reader: ConfigReader, root: Field) => T,
  ): T {
    const result = DescriptionReader.read(file, (reader) =>
      ok(use(new ConfigReader(reader, name, folder), reader.root)),
    );
    if (result.ok) return result.value;
    const code = result.error.code.replace("description-", "config-");
    const { problem, remedy } = words(result.error);
    throw malformedInput(code, `${name}: ${problem}`, remedy);
  }

  map<Key extends string>(field: Field, known: readonly Key[]): MapReader<Key> {
    return this.#reader.map(field, known);
  }

  list(field: Field): readonly Field[] {
    return this.#reader.list(field);
  }

  text(field: Field): string {
    return this.#reader.text(field, 1024);
  }

  bytes(field: Field): number {
    return Number(this.#reader.size(field));
  }

  segment(field: Field): string {
    return this.#reader.segment(field);
  }

  choice<T extends string>(field: Field, choices: readonly T[]): T {
    const text = this.text(field);
    const choice = choices.find((candidate) => candidate === text);
    return choice ?? this.refuse(field, `is ${JSON.stringify(text)}`, `write ${choices.join(" or ")}`);
  }

  /** `90 s`, `15 min`, `6 h` or `2 d`; at least a second. In milliseconds. */
  duration(field: Field, { most = "366 d" }: { readonly most?: string } = {}): number {
    const ms = parseDuration(this.text(field));
    const limit = parseDuration(most) ?? Number.POSITIVE_INFINITY;
    if (ms !== undefined && ms >= 1000 && ms <= limit) return ms;
    return this.refuse(field, "is not a duration", `write 90 s, 15 min, 6 h or 2 d, from 1 s to ${most}`);
  }

  whole(field: Field, { least, most }: { readonly least: number; readonly most: number }): number {
    const text = this.text(field);
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    return this.refuse(field, "is not a number in range", `write a number from ${least} to ${most}, in quotes`);
  }

  /** A path; one that does not begin at the root begins in the folder of the configuration. */
  path(field: Field): string {
    return path.resolve(this.#folder, this.text(field));
  }

  /** A program and its arguments, as a list: no shell reads them. */
  argv(field: Field): readonly [string, ...string[]] {
    const [program, ...words] = this.list(field).map((word) => this.text(word));
    if (program !== undefined) return [program, ...words];
    return this.refuse(field, "names no program", "write the program and its arguments: [rauc, install]");
  }

  refuse(field: Field, problem: string, remedy: string): never {
    const { line, column } = this.#reader.placeOf(field);
    const where = `${this.#name}: line ${line}, column ${column}`;
    throw malformedInput("config-bad-value", `${where}: ${field.path || "the file"} ${problem}`, remedy);
  }
}

/** Most complaints fit any file; four of them name the file they were written for. */
function words(refusal: DescriptionRefusal): { readonly problem: string; readonly remedy: string } {
  switch (refusal.code) {
    case "description-not-utf-8":
      return { problem: "the configuration is not UTF-8 text", remedy: "save it as UTF-8" };
    case "description-empty":
      return { problem: "the configuration is empty", remedy: "see docs/device-integrator.md for one that works" };
    case "description-not-plain": {
      const { line, column, feature } = refusal;
      return {
        problem: `line ${line}, column ${column}: a YAML ${feature} stands here, which a configuration may not use`,
        remedy: "write the value itself",
      };
    }
    case "description-wrong-type": {
      const remedy = refusal.expected === "text" ? 'put a number in quotes: "7"' : explain(refusal).remedy;
      return { problem: explain(refusal).problem, remedy };
    }
    default:
      return explain(refusal);
  }
}
