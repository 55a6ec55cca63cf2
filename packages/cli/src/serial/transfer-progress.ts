import type { UploadProgress } from "@sumac/smp";
import { nodeTimer } from "@sumac/smp/node";
import { humanSize, type Progress, type Terminal } from "../terminal.ts";

/** Milliseconds over which the rate is told: it should neither jump nor remember the first minute for ever. */
const rateWindow = 5000;

/** The bar of a transfer: how fast, how long still, and how often something had to be sent again. */
export class TransferProgress {
  readonly #bar: Progress;
  readonly #total: number;
  #samples: { readonly at: number; readonly done: number }[] = [];
  #done = 0;

  constructor(terminal: Terminal, label: string, total: number) {
    this.#bar = terminal.progress(label, total);
    this.#total = total;
  }

  /** `cuts`: how often the line was gone. */
  show({ done, goBacks, restarts }: Pick<UploadProgress, "done" | "goBacks" | "restarts">, cuts: number): void {
    const at = nodeTimer.now();
    this.#samples.push({ at, done });
    while ((this.#samples[0]?.at ?? at) < at - rateWindow) this.#samples.shift();
    this.#bar.advance(done - this.#done, remarkOf(this.#rate(), this.#total - done, goBacks + restarts + cuts));
    this.#done = done;
  }

  /** Bytes a second; 0 = not known yet. */
  #rate(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return Math.max(0, ((last.done - first.done) * 1000) / (last.at - first.at));
  }

  clear(): void {
    this.#bar.clear();
  }
}

/** `8.0 KiB/s, 1:23 left, 2 retries`. */
export function remarkOf(rate: number, left: number, retries: number): string {
  const parts: string[] = [];
  if (rate > 0) {
    const seconds = Math.ceil(left / rate);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    parts.push(`${humanSize(Math.round(rate))}/s`, `${time} left`);
  }
  if (retries > 0) parts.push(`${retries} ${retries === 1 ? "retry" : "retries"}`);
  return parts.join(", ");
}
