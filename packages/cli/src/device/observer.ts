import type { AgentEvent, OverrideEvent } from "@sumac/device";
import type { CommandContext } from "../command.ts";
import type { Progress } from "../terminal.ts";
import { bootJson, describeBoot, describeEvent, describeOverrideEvent, eventJson } from "./describe-event.ts";

/** Tells a person or a program what the agent does. */
export class Observer {
  readonly #context: CommandContext;
  #progress: { readonly bar: Progress; done: number } | undefined;
  /** Whether the server was told what the device is. */
  introduced = false;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  observe(event: AgentEvent): void {
    const { terminal } = this.#context;
    if (event.event === "progress") {
      this.#advance(event.done, event.total);
      return;
    }
    this.done();
    if (event.event === "attributes-sent") this.introduced = true;
    terminal.jsonLine(event.event === "booted" ? { event: "booted", ...bootJson(event.outcome) } : eventJson(event));
    const lines = event.event === "booted" ? describeBoot(event.outcome) : [describeEvent(event)];
    for (const line of lines) if (line !== undefined) terminal.line(line);
  }

  observeOverride(event: OverrideEvent): void {
    const { terminal } = this.#context;
    this.done();
    terminal.jsonLine(event.event === "override-refused" ? { ...event, refusal: event.refusal.code } : event);
    terminal.line(describeOverrideEvent(event));
  }

  done(): void {
    this.#progress?.bar.clear();
    this.#progress = undefined;
  }

  #advance(done: number, total: number): void {
    this.#progress ??= { bar: this.#context.terminal.progress("downloading", total), done: 0 };
    this.#progress.bar.advance(done - this.#progress.done);
    this.#progress.done = done;
  }
}
