import { bytesToHex } from "@sumac/crypto";
import {
  type Command,
  type CommandSequence,
  type ComponentIndex,
  type Condition,
  componentIndices,
  type Directive,
  digestEquals,
  type Manifest,
  type Parameters,
  type SuitDigest,
} from "@sumac/suit";

/** What an image-match compares with. */
export interface ComparedImage {
  readonly digest: SuitDigest;
  readonly size?: bigint;
}

/** How an image comes into a component; `present` = it is only compared, so it must lie there already. */
export interface ImageUse {
  readonly component: number;
  readonly does: "fetch" | "write" | "copy" | "swap" | "present";
  readonly uri?: string;
  /** Bytes of the content that write takes from the manifest. */
  readonly contentSize?: number;
  /** The other component of copy and swap. */
  readonly source?: number;
  readonly encrypted: boolean;
  /** Absent: no command compares what came. */
  readonly compared?: ComparedImage;
}

type Settings = ReadonlyMap<string, number>;
export type AskedCondition = "vendor-identifier" | "class-identifier" | "device-identifier" | "use-before";

/** One way that a device may take through the commands so far. */
export interface Way {
  /** By component: which command has set each parameter (its offset). */
  readonly settings: ReadonlyMap<number, Settings>;
  readonly images: ReadonlyMap<number, ComparedImage>;
  /** By component: the use whose image nothing has compared yet. */
  readonly open: ReadonlyMap<number, number>;
  /** How conditions came out: the same question has the same answer later. */
  readonly answers: ReadonlyMap<string, boolean>;
  readonly uses: readonly ImageUse[];
  /** Conditions that held, as `askedKey` writes them. */
  readonly asked: ReadonlySet<string>;
}

export const askedKey = (condition: AskedCondition, value: Uint8Array | bigint): string =>
  `${condition} ${typeof value === "bigint" ? value : bytesToHex(value)}`;

const start: Way = {
  settings: new Map(),
  images: new Map(),
  open: new Map(),
  answers: new Map(),
  uses: [],
  asked: new Set(),
};

/** More ways than these nobody would read; more work than this only a hostile file asks for. */
const maxWays = 64;
const maxWork = 40_000;
/** Of merging two ways, in commands. */
const mergeWork = 8;

export class TooManyWays extends Error {}

/** What nothing but another device changes: what is known of it holds in every procedure. */
const ofDevice = ["vendor-identifier", "class-identifier", "device-identifier", "component-slot"];

interface Place {
  index: ComponentIndex;
  softFailure: boolean;
}

/** `through` have carried out the sequence, `ended` were ended in it by a condition that failed softly. */
interface Outcome {
  readonly through: readonly Way[];
  readonly ended: readonly Way[];
}

/**
 * Follows the commands along every way that some device may take: each condition holds or fails, unless what went before
 * decides it. A way that every device refuses is dropped. Nothing is believed of any device.
 */
export class CommandWays {
  readonly #manifest: Manifest;
  readonly #indices: readonly number[];
  readonly #parameters = new Map<number, Parameters>();
  readonly #idOfUse = new WeakMap<ImageUse, number>();
  readonly #idOfKey = new Map<string, number>();
  #work = 0;
  ways: readonly Way[] = [start];

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
    this.#indices = componentIndices(manifest);
  }

  /** Parameters are cleared, what lies in the components stays. */
  startProcedure(): void {
    this.ways = this.#distinct(
      this.ways.map((way) => ({
        ...start,
        images: way.images,
        asked: way.asked,
        answers: new Map([...way.answers].filter(([key]) => ofDevice.some((name) => key.startsWith(`${name} `)))),
      })),
    );
  }

  /** Shared sequence, or section, from its beginning. Throws `TooManyWays`. */
  run(sequence: CommandSequence): void {
    this.ways = this.#distinct(this.#run(sequence, this.ways, { index: 0, softFailure: false }).through);
  }

  #run(sequence: CommandSequence, ways: readonly Way[], place: Place): Outcome {
    let through = ways;
    const ended: Way[] = [];
    for (const command of sequence.commands) {
      if (command.kind === "set-component-index") {
        place.index = command.index;
        continue;
      }
      for (const index of this.#selected(place.index, command)) {
        this.#work += Math.max(1, through.length);
        if (this.#work > maxWork) throw new TooManyWays();
        const outcome = this.#step(command, index, through, place);
        through = outcome.through;
        ended.push(...outcome.ended);
      }
      if (through.length === 0) break;
    }
    return { through, ended };
  }

  #selected(index: ComponentIndex, command: Command): readonly number[] {
    if (index !== "all") return typeof index === "number" ? [index] : index;
    const processes = command.kind === "directive" && command.directive === "process-dependency";
    return processes ? this.#indices.filter((one) => this.#isDependency(one)) : this.#indices;
  }

  #isDependency(index: number): boolean {
    return this.#manifest.dependencies?.some((one) => one.index === index) ?? false;
  }

  #step(
    command: Exclude<Command, { kind: "set-component-index" }>,
    index: number,
    ways: readonly Way[],
    place: Place,
  ): Outcome {
    switch (command.kind) {
      case "override-parameters":
        place.softFailure = command.parameters.softFailure ?? place.softFailure;
        return { through: ways.map((way) => this.#set(way, index, command)), ended: [] };
      case "set-parameters":
        return { through: ways.map((way) => this.#set(way, index, command)), ended: [] };
      case "condition": {
        const judged = ways.map((way) => this.#judge(way, index, command.condition));
        const isSoft = place.softFailure && command.condition !== "dependency-integrity";
        return {
          through: judged.flatMap(({ holds }) => holds ?? []),
          ended: isSoft ? judged.flatMap(({ fails }) => fails ?? []) : [],
        };
      }
      case "directive":
        return { through: ways.flatMap((way) => this.#carryOut(way, index, command.directive) ?? []), ended: [] };
      case "run-sequence": {
        const { through, ended } = this.#run(command.sequence, ways, { index, softFailure: false });
        return { through: this.#distinct([...through, ...ended]), ended: [] };
      }
      case "try-each":
        return this.#tryEach(command, index, ways, place);
    }
  }

  #tryEach(
    { sequences, orNil }: Extract<Command, { kind: "try-each" }>,
    index: number,
    ways: readonly Way[],
    { softFailure }: Place,
  ): Outcome {
    const through: Way[] = [];
    let left = ways;
    for (const sequence of sequences) {
      if (left.length === 0) break;
      const outcome = this.#run(sequence, left, { index, softFailure: true });
      through.push(...outcome.through);
      left = this.#distinct(outcome.ended);
    }
    if (orNil) through.push(...left);
    return { through: this.#distinct(through), ended: softFailure && !orNil ? left : [] };
  }

  #set(way: Way, index: number, command: Extract<Command, { readonly parameters: Parameters }>): Way {
    const { kind, parameters, offset } = command;
    this.#parameters.set(offset, parameters);
    const known = way.settings.get(index) ?? new Map<string, number>();
    const set = Object.keys(parameters).map((name): [string, number] => [name, offset]);
    const settings = new Map(kind === "set-parameters" ? [...set, ...known] : [...known, ...set]);
    return { ...way, settings: new Map(way.settings).set(index, settings) };
  }

  #value<Name extends keyof Parameters>(way: Way, index: number, name: Name): Parameters[Name] | undefined {
    const offset = way.settings.get(index)?.get(name);
    return offset === undefined ? undefined : this.#parameters.get(offset)?.[name];
  }

  #judge(way: Way, index: number, condition: Condition): Judged {
    const value = <Name extends keyof Parameters>(name: Name): Parameters[Name] | undefined =>
      this.#value(way, index, name);
    switch (condition) {
      case "vendor-identifier":
        return this.#ask(way, index, condition, value("vendorIdentifier"));
      case "class-identifier":
        return this.#ask(way, index, condition, value("classIdentifier"));
      case "device-identifier":
        return this.#ask(way, index, condition, value("deviceIdentifier"));
      case "use-before":
        return this.#ask(way, index, condition, value("useBefore"));
      case "component-slot":
        return judgeSlot(way, index, value("componentSlot"));
      case "version": {
        const match = value("version");
        return match === undefined ? { fails: way } : answer(way, `version ${index} ${JSON.stringify(match)}`);
      }
      case "image-match":
      case "dependency-integrity":
        if (condition === "dependency-integrity" && !this.#isDependency(index)) return {};
        return compare(way, index, value("imageDigest"), value("imageSize"));
      case "image-not-match":
        return value("imageDigest") === undefined ? { fails: way } : { holds: way, fails: way };
      case "check-content":
        return value("content") === undefined ? { fails: way } : { holds: way, fails: way };
      case "is-dependency":
        return this.#isDependency(index) ? { holds: way } : { fails: way };
      case "abort":
        return { fails: way };
    }
  }

  #ask(way: Way, index: number, condition: AskedCondition, value: Uint8Array | bigint | undefined): Judged {
    if (value === undefined) return { fails: way };
    const key = askedKey(condition, value);
    const judged = answer(way, `${condition} ${index} ${key}`);
    const { holds } = judged;
    return holds === undefined ? judged : { ...judged, holds: { ...holds, asked: new Set([...holds.asked, key]) } };
  }

  /** Undefined: no device gets past it. */
  #carryOut(way: Way, component: number, directive: Directive): Way | undefined {
    const encrypted = this.#value(way, component, "encryptionInfo") !== undefined;
    switch (directive) {
      case "fetch": {
        const uri = this.#value(way, component, "uri");
        return uri === undefined ? undefined : arrive(way, { component, does: directive, uri, encrypted: false });
      }
      case "write": {
        const content = this.#value(way, component, "content");
        if (content === undefined) return undefined;
        return arrive(way, { component, does: directive, contentSize: content.length, encrypted });
      }
      case "copy":
      case "swap": {
        const source = this.#value(way, component, "sourceComponent");
        if (source === undefined || !this.#indices.includes(source)) return undefined;
        const after = arrive(way, { component, does: directive, source, encrypted: encrypted && directive === "copy" });
        return directive === "swap"
          ? { ...after, images: moved(after.images, source, way.images.get(component)) }
          : after;
      }
      default:
        return way;
    }
  }

  #distinct(ways: readonly Way[]): readonly Way[] {
    if (ways.length < 2) return ways;
    for (const { uses } of ways) this.#work += mergeWork + (uses.length >> 2);
    const distinct = new Map(ways.map((way) => [this.#key(way), way]));
    if (distinct.size > maxWays || this.#work > maxWork) throw new TooManyWays();
    return [...distinct.values()];
  }

  /** Equal for ways that can only go on alike and have done the same. */
  #key({ settings, images, open, answers, uses, asked }: Way): string {
    return JSON.stringify([
      Array.from(settings, ([index, names]) => [index, [...names].toSorted(byName)]).toSorted(byIndex),
      Array.from(images, ([index, image]) => [index, comparedKey(image)]).toSorted(byIndex),
      [...open].toSorted(byIndex),
      [...answers].toSorted(byName),
      uses.map((use) => this.#useId(use)),
      [...asked].toSorted(),
    ]);
  }

  /** A number for each: an address may be long, and be told of many uses. */
  #useId(use: ImageUse): number {
    const known = this.#idOfUse.get(use);
    if (known !== undefined) return known;
    const key = useKey(use);
    const id = this.#idOfKey.get(key) ?? this.#idOfKey.size;
    this.#idOfKey.set(key, id);
    this.#idOfUse.set(use, id);
    return id;
  }
}

/** How a way goes on: either, both, or (neither) not at all. */
interface Judged {
  readonly holds?: Way;
  readonly fails?: Way;
}

function answer(way: Way, key: string): Judged {
  const known = way.answers.get(key);
  if (known !== undefined) return known ? { holds: way } : { fails: way };
  const answered = (outcome: boolean): Way => ({ ...way, answers: new Map(way.answers).set(key, outcome) });
  return { holds: answered(true), fails: answered(false) };
}

/** A component lies in one slot. */
function judgeSlot(way: Way, index: number, slot: bigint | undefined): Judged {
  const prefix = `component-slot ${index} `;
  const inAnother = [...way.answers].some(
    ([key, holds]) => holds && key.startsWith(prefix) && key !== `${prefix}${slot}`,
  );
  return slot === undefined || inAnother ? { fails: way } : answer(way, `${prefix}${slot}`);
}

/** Where an image has just come and fails, its use was still the one compared with this digest. */
function compare(way: Way, component: number, digest: SuitDigest | undefined, size: bigint | undefined): Judged {
  if (digest === undefined) return { fails: way };
  const compared: ComparedImage = { digest, ...(size !== undefined && { size }) };
  const position = way.open.get(component);
  if (position !== undefined) {
    const open = new Map(way.open);
    open.delete(component);
    const uses = way.uses.map((use, i) => (i === position ? { ...use, compared } : use));
    const done = { ...way, open, uses };
    return { holds: { ...done, images: new Map(way.images).set(component, compared) }, fails: done };
  }
  const known = way.images.get(component);
  const images = new Map(way.images).set(component, compared);
  if (known?.digest.algorithm === digest.algorithm) {
    const sameSize = known.size === undefined || size === undefined || known.size === size;
    return sameSize && digestEquals(known.digest, digest) ? { holds: { ...way, images } } : { fails: way };
  }
  const use: ImageUse = { component, does: "present", encrypted: false, compared };
  return { holds: { ...way, images, uses: [...way.uses, use] }, fails: way };
}

function arrive(way: Way, use: ImageUse): Way {
  const open = new Map(way.open).set(use.component, way.uses.length);
  return { ...way, open, uses: [...way.uses, use], images: moved(way.images, use.component, undefined) };
}

function moved(
  images: Way["images"],
  component: number,
  image: ComparedImage | undefined,
): ReadonlyMap<number, ComparedImage> {
  const after = new Map(images);
  if (image === undefined) after.delete(component);
  else after.set(component, image);
  return after;
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
const byIndex = ([a]: readonly unknown[], [b]: readonly unknown[]): number => Number(a) - Number(b);

const comparedKey = (image: ComparedImage | undefined): string =>
  image === undefined ? "" : `${image.digest.algorithm} ${bytesToHex(image.digest.bytes)} ${image.size ?? ""}`;

/** Equal for uses that a person would call the same. */
export const useKey = ({ component, does, uri, contentSize, source, encrypted, compared }: ImageUse): string =>
  JSON.stringify([component, does, uri, contentSize, source, encrypted, comparedKey(compared)]);
