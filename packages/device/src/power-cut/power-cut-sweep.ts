import { type Crypto, equalBytes } from "@sumac/crypto";
import { BranchFlash, type FlashBlocks } from "../flash/branch-flash.ts";
import { type CutMoment, type CutPoint, carryOutUntil, cutMoments, PowerCut, PowerCutFlash } from "./power-cut.ts";
import { bringUpToDate, type Floors, floorsAfter, type PowerCutFinding, PowerCutJudge } from "./power-cut-judge.ts";
import type { PowerCutScenario } from "./power-cut-scenario.ts";
import { openScene, type PowerCutScene } from "./power-cut-scene.ts";
import { type RecordedOperation, RecordingFlash } from "./recording-flash.ts";
import { rememberVerdicts } from "./remembered-verdicts.ts";

export interface PowerCutSweepOptions {
  /** `every`: each operation before, torn and after. A number: that many points, spread over all of them. */
  readonly points: "every" | number;
  /** Of the noise that torn operations leave. */
  readonly seed: number;
  /** `once`, or cut the boot after the first cut again, at each of its operations. Default `once`. */
  readonly cuts?: "once" | "twice";
  /** Whether each device must also take a further update. Costs about as much again. Default `boots`. */
  readonly afterwards?: "boots" | "boots-and-updates";
  onProgress?(tried: number, total: number): void;
}

export interface PowerCutReport {
  readonly scenario: string;
  /** Writes and erases of the scenario. */
  readonly operations: number;
  /** Power cuts played; each was followed by a boot. */
  readonly tried: number;
  readonly bricked: number;
  readonly unsignedRun: number;
  readonly rolledBack: number;
  readonly floorLost: number;
  readonly stuck: number;
  readonly broken: number;
  /** Each can be repeated: `PowerCutFlash` with this cut and seed. */
  readonly failures: readonly PowerCutFailure[];
}

export interface PowerCutFailure extends PowerCutFinding {
  readonly cut: CutPoint;
  readonly seed: number;
  readonly second?: CutPoint;
}

/**
 * Plays the scenario once, cuts the power at each point of it, switches the device on again, and judges what runs. The
 * floors must be at least what they were without the operation that was cut.
 */
export async function powerCutSweep(
  scenario: PowerCutScenario,
  options: PowerCutSweepOptions,
): Promise<PowerCutReport> {
  const sweep = await Sweep.begin(scenario, options);
  const points = cutPoints(sweep.operations.length, options);
  for (const [index, { cut, seed }] of points.entries()) {
    await sweep.play(cut, seed);
    options.onProgress?.(index + 1, points.length);
  }
  await sweep.playForReal(points);
  return sweep.report();
}

interface JudgedBoot {
  readonly finding: PowerCutFinding | undefined;
  readonly boot: readonly RecordedOperation[];
}

class Sweep {
  readonly operations: readonly RecordedOperation[];
  readonly #scenario: PowerCutScenario;
  readonly #options: PowerCutSweepOptions;
  readonly #judge: PowerCutJudge;
  readonly #crypto: Crypto;
  readonly #failures: PowerCutFailure[] = [];
  /** Of the flash before each operation. */
  readonly #floors = new Map<number, Floors>();
  #tried = 0;

  static async begin(scenario: PowerCutScenario, options: PowerCutSweepOptions): Promise<Sweep> {
    const crypto = rememberVerdicts(scenario.subject.crypto);
    const flash = new RecordingFlash(new BranchFlash(scenario.subject.layout.geometry, scenario.start));
    const scene = await openScene(flash, scenario.subject, crypto);
    await scenario.script.act(scene);
    await scene.settle?.();
    return new Sweep(scenario, options, crypto, flash.operations);
  }

  private constructor(
    scenario: PowerCutScenario,
    options: PowerCutSweepOptions,
    crypto: Crypto,
    operations: readonly RecordedOperation[],
  ) {
    this.operations = operations;
    this.#scenario = scenario;
    this.#options = options;
    this.#crypto = crypto;
    this.#judge = new PowerCutJudge(scenario.script, scenario.subject);
  }

  async play(cut: CutPoint, seed: number): Promise<void> {
    const flash = new RecordingFlash(await this.#cutFlash(this.#recorded(cut), cut.moment, seed));
    const floors = await this.#floorsBefore(cut.operation);
    const { finding, boot } = await this.#judgeFlash(flash, floors);
    this.#count(finding && { cut, seed, ...finding });
    if (this.#options.cuts !== "twice") return;
    for (const [operation, recorded] of boot.entries()) {
      for (const moment of cutMoments) {
        const again = await this.#judgeFlash(await this.#cutFlash(recorded, moment, seed), floors);
        this.#count(again.finding && { cut, seed, second: { operation, moment }, ...again.finding });
      }
    }
  }

  /** A few points once more with the power really failing under the device: the flash must be the one that was judged. */
  async playForReal(points: readonly { readonly cut: CutPoint; readonly seed: number }[]): Promise<void> {
    const step = Math.max(1, Math.floor(points.length / playedForReal));
    for (let i = 0; i < points.length; i += step) {
      const point = points[i];
      if (point === undefined) continue;
      const { cut, seed } = point;
      const flash = this.#branch(this.#scenario.start);
      await this.#cutForReal(new PowerCutFlash(flash, cut, seed));
      const judged = await this.#cutFlash(this.#recorded(cut), cut.moment, seed);
      if (!sameContent(flash.branch(), judged.branch())) {
        throw new Error(`${this.#scenario.script.name} does not do the same whenever it is played`);
      }
    }
  }

  async #cutForReal(flash: PowerCutFlash): Promise<void> {
    try {
      const scene = await this.#open(flash);
      await this.#scenario.script.act(scene);
      await scene.settle?.();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    if (!flash.dead) throw new Error("the scenario ended before the power was cut");
  }

  report(): PowerCutReport {
    const count = (problem: PowerCutFinding["problem"]): number =>
      this.#failures.filter((failure) => failure.problem === problem).length;
    return {
      scenario: this.#scenario.script.name,
      operations: this.operations.length,
      tried: this.#tried,
      bricked: count("bricked"),
      unsignedRun: count("unsigned-run"),
      rolledBack: count("rolled-back"),
      floorLost: count("floor-lost"),
      stuck: count("stuck"),
      broken: count("broken"),
      failures: this.#failures,
    };
  }

  #count(failure: PowerCutFailure | undefined): void {
    this.#tried++;
    if (failure !== undefined) this.#failures.push(failure);
  }

  /** Boots the device that lives on the flash; with what that boot did to it, if it is recorded. */
  async #judgeFlash(flash: BranchFlash | RecordingFlash, floors: Floors): Promise<JudgedBoot> {
    const scene = await this.#open(flash);
    const outcome = await scene.device.boot();
    await scene.settle?.();
    const boot = flash instanceof RecordingFlash ? [...flash.operations] : [];
    const finding = await this.#judge.judge(scene, outcome, floors);
    if (finding !== undefined || this.#options.afterwards !== "boots-and-updates") return { finding, boot };
    try {
      const updated = await bringUpToDate(scene, outcome);
      await scene.settle?.();
      return { finding: await this.#judge.judge(scene, updated, floors), boot };
    } catch (error) {
      return { finding: { problem: "stuck", detail: error instanceof Error ? error.message : String(error) }, boot };
    }
  }

  async #floorsBefore(operation: number): Promise<Floors> {
    const known = this.#floors.get(operation);
    if (known !== undefined) return known;
    const scene = await this.#open(this.#branch(this.#recorded({ operation, moment: "before" }).before));
    const floors = floorsAfter(scene, await scene.device.boot());
    this.#floors.set(operation, floors);
    return floors;
  }

  async #cutFlash({ before, operation }: RecordedOperation, moment: CutMoment, seed: number): Promise<BranchFlash> {
    const flash = this.#branch(before);
    await carryOutUntil(flash, operation, moment, seed);
    return flash;
  }

  #recorded({ operation }: CutPoint): RecordedOperation {
    const recorded = this.operations[operation];
    if (recorded === undefined) throw new RangeError(`the scenario has no operation ${operation}`);
    return recorded;
  }

  #branch(blocks: FlashBlocks): BranchFlash {
    return new BranchFlash(this.#scenario.subject.layout.geometry, blocks);
  }

  #open(flash: BranchFlash | RecordingFlash | PowerCutFlash): Promise<PowerCutScene> {
    return openScene(flash, this.#scenario.subject, this.#crypto);
  }
}

/** Points of each sweep that are played through, in order to check the recording. */
const playedForReal = 10;

const everyPoint = (operations: number): CutPoint[] =>
  Array.from({ length: operations }, (_, operation) => cutMoments.map((moment) => ({ operation, moment }))).flat();

function cutPoints(operations: number, options: PowerCutSweepOptions): { cut: CutPoint; seed: number }[] {
  const all = everyPoint(operations);
  const wanted = options.points === "every" ? all.length : options.points;
  return Array.from({ length: wanted }, (_, i) => {
    // More than there are: go round again with other noise.
    const position = wanted <= all.length ? Math.floor((i * all.length) / wanted) : i % all.length;
    const cut = all[position];
    if (cut === undefined) throw new RangeError("the scenario has no operation to cut");
    return { cut, seed: options.seed + i };
  });
}

const sameContent = (a: FlashBlocks, b: FlashBlocks): boolean =>
  a.length === b.length && a.every((block, i) => block === b[i] || equalBytes(block, b[i] ?? new Uint8Array()));
