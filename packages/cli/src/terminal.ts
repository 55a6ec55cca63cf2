// Every rule of what Sumac writes to people, in one place:
// - results go to stdout; errors, hints, notes and progress to stderr;
// - an error is one line `error[code]: ...` and one line `hint: ...`, no capital, no full stop;
// - colours and progress bars only on a terminal, colours never with NO_COLOR;
// - with --json stdout holds JSON and nothing else;
// - text that came from a file or the network is escaped, so that it cannot move the cursor or forge a line.

import { escapeUnshowable } from "@sumac/suit";
import type { FailureFacts } from "./failure.ts";
import type { Io, TextSink } from "./io.ts";
import { type Jsonable, jsonLine, jsonText } from "./json-output.ts";

export type OutputFormat = "text" | "json";

/** Any text as one harmless line. */
export const printable = (text: string): string => escapeUnshowable(text);

const colours = { red: "31", green: "32", yellow: "33", cyan: "36" } as const;
export type Colour = keyof typeof colours;

export class Terminal {
  readonly format: OutputFormat;
  readonly #io: Io;
  #progress: Progress | undefined;
  /** Whether stdout holds a stream of lines: then an error is a line too. */
  #streaming = false;

  constructor(io: Io, format: OutputFormat) {
    this.#io = io;
    this.format = format;
  }

  /** One line of the result for a person; nothing with --json. */
  line(text: string, colour?: Colour): void {
    if (this.format === "text")
      this.#write(this.#io.stdout, `${this.#paint(this.#io.stdout, printable(text), colour)}\n`);
  }

  /** A help page: our own text of several lines, never text from outside; with --json the member `help` of an object. */
  page(text: string): void {
    const whole = text.endsWith("\n") ? text : `${text}\n`;
    if (this.format === "json") this.json({ help: whole });
    else this.#write(this.#io.stdout, whole);
  }

  /** The result for a program; nothing without --json. */
  json(value: Jsonable): void {
    if (this.format === "json") this.#write(this.#io.stdout, this.#streaming ? jsonLine(value) : jsonText(value));
  }

  /** One event of a command that goes on, as one line of JSON; nothing without --json. */
  jsonLine(value: Jsonable): void {
    this.#streaming = true;
    if (this.format === "json") this.#write(this.#io.stdout, jsonLine(value));
  }

  /** One line to stderr beside the result. */
  note(text: string): void {
    this.#write(this.#io.stderr, `${printable(text)}\n`);
  }

  /** The two lines of a failure. */
  failure(facts: FailureFacts): void {
    const { stderr } = this.#io;
    const error = this.#paint(stderr, `error[${printable(facts.code)}]`, "red");
    const hint = this.#paint(stderr, "hint", "cyan");
    this.#write(stderr, `${error}: ${printable(facts.problem)}\n${hint}: ${printable(facts.remedy)}\n`);
  }

  /** Like a failure, for something that stops nothing. */
  warning({ code, problem, remedy }: Omit<FailureFacts, "exit">): void {
    const { stderr } = this.#io;
    const warning = this.#paint(stderr, `warning[${printable(code)}]`, "yellow");
    const hint = this.#paint(stderr, "hint", "cyan");
    this.#write(stderr, `${warning}: ${printable(problem)}\n${hint}: ${printable(remedy)}\n`);
  }

  /** A bar on a terminal, silence elsewhere. Call `clear()` on every path out. */
  progress(label: string, total: number): Progress {
    const { stderr } = this.#io;
    const bar = new Progress(label, total, stderr.terminal ? stderr : undefined);
    this.#progress = bar;
    return bar;
  }

  #write(sink: TextSink, text: string): void {
    this.#progress?.clear();
    sink.write(text);
  }

  #paint(sink: TextSink, text: string, colour: Colour | undefined): string {
    const noColour = this.#io.environment["NO_COLOR"];
    if (colour === undefined || !sink.terminal || (noColour !== undefined && noColour !== "")) return text;
    if (this.#io.environment["TERM"] === "dumb") return text;
    return `\u001b[${colours[colour]}m${text}\u001b[39m`;
  }
}

const redrawMs = 100;

/** A progress bar over a known number of bytes. */
export class Progress {
  readonly #label: string;
  readonly #total: number;
  readonly #sink: TextSink | undefined;
  #done = 0;
  /** What is over at once needs no bar. */
  #drawnAt: number;
  #shown = false;

  constructor(label: string, total: number, sink: TextSink | undefined) {
    this.#label = label;
    this.#total = total;
    this.#sink = sink;
    this.#drawnAt = sink === undefined ? 0 : performance.now();
  }

  /** `remark`: what else there is to say of it now, such as the rate. */
  advance(bytes: number, remark?: string): void {
    this.#done += bytes;
    if (this.#sink === undefined) return;
    const now = performance.now();
    if (now - this.#drawnAt < redrawMs) return;
    this.#drawnAt = now;
    this.#shown = true;
    // A remark may become shorter than what stands there.
    const start = remark === undefined ? "\r" : "\r\u001b[K";
    this.#sink.write(`${start}${progressLine(this.#label, this.#done, this.#total, this.#sink.columns, remark)}`);
  }

  clear(): void {
    if (this.#shown) this.#sink?.write("\r\u001b[2K");
    this.#shown = false;
  }
}

export function progressLine(label: string, done: number, total: number, columns: number, remark = ""): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const figures = ` ${String(Math.floor(share * 100)).padStart(3)} % of ${humanSize(total)}${remark === "" ? "" : `, ${remark}`}`;
  const name = printable(label).slice(0, Math.max(0, columns - figures.length - 14));
  const width = Math.max(0, Math.min(40, columns - name.length - figures.length - 4));
  const filled = Math.round(share * width);
  return `${name} [${"#".repeat(filled)}${"-".repeat(width - filled)}]${figures}`;
}

/** Bytes as people read them: `512 B`, `4.2 MiB`. */
export function humanSize(bytes: number | bigint): string {
  let value = Number(bytes);
  if (value < 1024) return `${value} B`;
  for (const unit of ["KiB", "MiB", "GiB"]) {
    value /= 1024;
    if (value < 1024) return `${value.toFixed(1)} ${unit}`;
  }
  return `${(value / 1024).toFixed(1)} TiB`;
}
