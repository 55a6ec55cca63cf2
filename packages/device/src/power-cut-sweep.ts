import { bytesToHex, type Crypto, equalBytes } from "@sumac/crypto";
import { parseEnvelope } from "@sumac/suit";
import type { BootOutcome } from "./boot-device.ts";
import type { Device } from "./device.ts";
import { MemoryFlash } from "./memory-flash.ts";
import { type CutPoint, cutMoments, PowerCut, PowerCutFlash } from "./power-cut.ts";
import { bringUpToDate, type PowerCutScenario, type PowerCutScenarioName, type Release } from "./power-cut-scenario.ts";
import { flashDevice } from "./simulated-device.ts";

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

/** What can be wrong after a cut (device.md 2). */
export type PowerCutProblem =
  /** Nothing runs. */
  | "bricked"
  /** What runs is not, byte for byte, one of the signed releases. */
  | "unsigned-run"
  /** What runs is older than the floor was. */
  | "rolled-back"
  | "floor-lost"
  /** It runs, but takes no update any more. */
  | "stuck";

export interface PowerCutReport {
  readonly scenario: PowerCutScenarioName;
  /** Writes and erases of the scenario. */
  readonly operations: number;
  /** Power cuts played; each was followed by a boot. */
  readonly tried: number;
  readonly bricked: number;
  readonly unsignedRun: number;
  readonly rolledBack: number;
  readonly floorLost: number;
  readonly stuck: number;
  /** Each can be repeated: `PowerCutFlash` with this cut and seed. */
  readonly failures: readonly PowerCutFailure[];
}

export interface PowerCutFailure {
  readonly cut: CutPoint;
  readonly seed: number;
  readonly second?: CutPoint;
  readonly problem: PowerCutProblem;
  readonly detail: string;
}

/**
 * Plays the scenario once for each cut point, cuts the power there, switches the device on again, and compares what
 * runs with the releases themselves: the device's own opinion of its image is not asked.
 */
export async function powerCutSweep(
  scenario: PowerCutScenario,
  options: PowerCutSweepOptions,
): Promise<PowerCutReport> {
  const sweep = new Sweep(scenario);
  await sweep.begin();
  const points = cutPoints(sweep.operations, options);
  const failures: PowerCutFailure[] = [];
  let tried = 0;
  for (const [index, { cut, seed }] of points.entries()) {
    const flash = await sweep.cutAt(cut, seed);
    const content = flash.snapshot();
    const problem = await sweep.judge(flash, options.afterwards ?? "boots");
    tried++;
    if (problem !== undefined) failures.push({ cut, seed, ...problem });
    if (options.cuts === "twice") {
      for (const second of await sweep.bootCuts(content)) {
        const again = await sweep.cutBootAt(content, second, seed);
        const secondProblem = await sweep.judge(again, options.afterwards ?? "boots");
        tried++;
        if (secondProblem !== undefined) failures.push({ cut, seed, second, ...secondProblem });
      }
    }
    options.onProgress?.(index + 1, points.length);
  }
  const count = (problem: PowerCutProblem): number => failures.filter((failure) => failure.problem === problem).length;
  return {
    scenario: scenario.name,
    operations: sweep.operations,
    tried,
    bricked: count("bricked"),
    unsignedRun: count("unsigned-run"),
    rolledBack: count("rolled-back"),
    floorLost: count("floor-lost"),
    stuck: count("stuck"),
    failures,
  };
}

type Finding = { readonly problem: PowerCutProblem; readonly detail: string };

class Sweep {
  operations = 0;
  readonly #scenario: PowerCutScenario;
  readonly #crypto: Crypto;
  readonly #releases: ReadonlyMap<string, Release>;
  #floorBefore = 0n;

  constructor(scenario: PowerCutScenario) {
    this.#scenario = scenario;
    this.#crypto = rememberVerdicts(scenario.subject.crypto);
    this.#releases = new Map(scenario.subject.releases.map((release) => [manifestDigestOf(release), release]));
  }

  async begin(): Promise<void> {
    const before = this.#flash();
    const device = this.#device(before);
    if ((await device.boot()).kind === "running") this.#floorBefore = device.status().floor.sequence;
    const counter = new PowerCutFlash(this.#flash(), undefined, 0);
    await this.#scenario.act(this.#device(counter));
    this.operations = counter.operations;
  }

  async cutAt(cut: CutPoint, seed: number): Promise<MemoryFlash> {
    const flash = this.#flash();
    await expectCut(() => this.#scenario.act(this.#device(new PowerCutFlash(flash, cut, seed))));
    return flash;
  }

  /** Every point of the boot from this content; none if that boot writes nothing. */
  async bootCuts(content: Uint8Array): Promise<CutPoint[]> {
    const counter = new PowerCutFlash(this.#flash(content), undefined, 0);
    await this.#device(counter).boot();
    return everyPoint(counter.operations);
  }

  async cutBootAt(content: Uint8Array, cut: CutPoint, seed: number): Promise<MemoryFlash> {
    const flash = this.#flash(content);
    await expectCut(async () => void (await this.#device(new PowerCutFlash(flash, cut, seed)).boot()));
    return flash;
  }

  async judge(flash: MemoryFlash, afterwards: "boots" | "boots-and-updates"): Promise<Finding | undefined> {
    const device = this.#device(flash);
    const outcome = await device.boot();
    const finding = await this.#judgeBoot(flash, device, outcome);
    if (finding !== undefined || afterwards === "boots") return finding;
    try {
      await bringUpToDate(device, this.#scenario.subject);
    } catch (error) {
      return { problem: "stuck", detail: error instanceof Error ? error.message : String(error) };
    }
    return this.#judgeBoot(flash, device, await device.boot());
  }

  async #judgeBoot(flash: MemoryFlash, device: Device, outcome: BootOutcome): Promise<Finding | undefined> {
    if (outcome.kind === "not-provisioned" && this.#scenario.blank === "allowed") return undefined;
    if (outcome.kind !== "running") {
      const detail = outcome.kind === "recovery-needed" ? outcome.why.code : outcome.kind;
      return { problem: "bricked", detail };
    }
    const { slot, sequence, manifestDigest } = outcome.booted;
    const release = this.#releases.get(bytesToHex(manifestDigest));
    if (release === undefined) return { problem: "unsigned-run", detail: "no such release" };
    const { imageOffset } = this.#scenario.subject.layout.slots[slot];
    if (!equalBytes(await flash.read(imageOffset, release.image.length), release.image)) {
      return { problem: "unsigned-run", detail: `slot ${slot} holds other bytes than release ${sequence}` };
    }
    const floor = device.status().floor.sequence;
    if (floor < this.#floorBefore) return { problem: "floor-lost", detail: `${this.#floorBefore} became ${floor}` };
    if (sequence < floor) return { problem: "rolled-back", detail: `runs ${sequence} under floor ${floor}` };
    return undefined;
  }

  #flash(content: Uint8Array = this.#scenario.start): MemoryFlash {
    return new MemoryFlash(this.#scenario.subject.layout.geometry, content);
  }

  #device(flash: MemoryFlash | PowerCutFlash): Device {
    return flashDevice(flash, this.#scenario.subject.layout, this.#crypto);
  }
}

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

async function expectCut(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof PowerCut) return;
    throw error;
  }
  throw new Error("the scenario ended before the power was cut");
}

function manifestDigestOf({ envelope }: Release): string {
  const parsed = parseEnvelope(envelope);
  if (!parsed.ok) throw new RangeError(`a release is no envelope: ${parsed.error.code}`);
  return bytesToHex(parsed.value.digest.bytes);
}

/**
 * A sweep verifies the same few signatures thousands of times. Verifying is a function of key, message and signature
 * alone, and all three are the name under which the answer is kept: no other input can meet it.
 */
function rememberVerdicts(crypto: Crypto): Crypto {
  const verdicts = new Map<string, boolean>();
  return {
    startDigest: (name) => crypto.startDigest(name),
    verify(key, message, signature) {
      const name = [key.scheme, ...[key.bytes, message, signature].map(bytesToHex)].join(" ");
      const verdict = verdicts.get(name) ?? crypto.verify(key, message, signature);
      verdicts.set(name, verdict);
      return verdict;
    },
  };
}
