import {
  type AgentEvent,
  type BootOutcome,
  type CommandRunner,
  type Device,
  endedWell,
  type FileSystem,
  goesOnRunning,
  hasStarted,
  howItEnded,
  readStartMark,
  type StartMark,
  Unavailable,
  writeStartMark,
} from "@sumac/device";
import type { RestartConfig } from "./agent-config.ts";

/** Ends the process on purpose: whoever started it starts the image anew. */
export class RestartByExit extends Error {}

export interface ImageStartPorts {
  readonly device: Device;
  restart(): RestartConfig;
  readonly runner: CommandRunner;
  readonly files: FileSystem;
  /** Of the device. */
  readonly folder: string;
  /** Different after each start of the machine. */
  readonly bootId: string;
  tell(event: Extract<AgentEvent, { readonly event: "image-not-started" }>): void;
}

/** Makes what the device has decided to run the image that runs, and tells a boot from a restart of this process. */
export class ImageStart {
  readonly #ports: ImageStartPorts;
  #started: "started" | "failed" = "started";

  constructor(ports: ImageStartPorts) {
    this.#ports = ports;
  }

  /** Whether the command that starts the image has ended with 0. */
  get started(): "started" | "failed" {
    return this.#started;
  }

  /** When this process starts. */
  async begin(): Promise<BootOutcome> {
    const { device, files, folder, bootId } = this.#ports;
    if (this.#ports.restart().kind === "simulated") return device.boot();
    const mark = await readStartMark(files, folder);
    const outcome = goesOnRunning(mark, bootId) ? await device.resume() : await device.boot();
    // The system itself has started what was started before, from where the pointer points.
    if (outcome.kind === "running" && !hasStarted(mark, outcome.booted.manifestDigest)) await this.#start(outcome);
    else await this.#mark(outcome);
    return outcome;
  }

  /** When the operator allows it. */
  async restart(): Promise<BootOutcome | "postponed"> {
    const { device, runner } = this.#ports;
    const restart = this.#ports.restart();
    switch (restart.kind) {
      case "simulated":
        return device.boot();
      case "image": {
        const outcome = await device.boot();
        await this.#start(outcome);
        return outcome;
      }
      case "machine":
        // Ends this process, sooner or later; the boot is decided when the next one starts.
        await runner.run(restart.command);
        return "postponed";
      case "exit":
        await this.#write(device.status().running.manifestDigest, "ended");
        throw new RestartByExit();
      case "operator":
        return "postponed";
    }
  }

  async #start(outcome: BootOutcome): Promise<void> {
    if (outcome.kind !== "running") return;
    const restart = this.#ports.restart();
    this.#started = "started";
    if (restart.kind === "image") {
      const end = await this.#ports.runner.run(restart.command);
      if (!endedWell(end)) {
        const { booted: image } = outcome;
        this.#ports.tell({ event: "image-not-started", image, how: howItEnded(end, restart.command) });
        // Told by the mark it is started again when this process starts again; the one before may have been ended by now.
        this.#started = "failed";
        await this.#tryToWrite(image.manifestDigest, "not-started");
        return;
      }
    }
    await this.#mark(outcome);
  }

  async #mark(outcome: BootOutcome): Promise<void> {
    if (outcome.kind === "running") await this.#tryToWrite(outcome.booted.manifestDigest, "running");
  }

  /** The image runs, with or without the mark: a process that ended here would start it once more each time. */
  async #tryToWrite(manifestDigest: Uint8Array, process: StartMark["process"]): Promise<void> {
    try {
      await this.#write(manifestDigest, process);
    } catch (fault) {
      if (!(fault instanceof Unavailable)) throw fault;
    }
  }

  async #write(manifestDigest: Uint8Array, process: StartMark["process"]): Promise<void> {
    const { files, folder, bootId } = this.#ports;
    await writeStartMark(files, folder, { bootId, manifestDigest, process });
  }
}
