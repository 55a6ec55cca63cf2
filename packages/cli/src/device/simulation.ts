import {
  Agent,
  agentLogEntries,
  type BootOutcome,
  type DdiClient,
  defaultStagingRules,
  FaultyFlash,
  type Flash,
  type FlashFault,
  type FlashLayout,
  fileStagingLedger,
  type LinkFault,
  PowerCut,
  PowerCutFlash,
  type Round,
  StagingBudget,
} from "@sumac/device";
import { nodeFileSystem, wait } from "@sumac/device/node";
import type { CommandContext } from "../command.ts";
import { hostTime } from "../host-time.ts";
import { locate } from "../location.ts";
import { type OpenDevice, openDeviceFolder } from "./device-folder.ts";
import type { DeviceSettings } from "./device-settings.ts";
import type { Observer } from "./observer.ts";
import { oneRound } from "./one-round.ts";

export const simulatedFaults = [
  "torn-writes",
  "stuck-bits",
  "log-full",
  "disk-full",
  "clock-1970",
  "clock-2099",
  "drop-link",
  "slow-link",
] as const;
export type SimulatedFault = (typeof simulatedFaults)[number];

/** What each of them does, for the person who asked for it. */
export const faultWords: Readonly<Record<SimulatedFault, string>> = {
  "torn-writes": "the power fails in the middle of a write or erase, every few hundred of them",
  "stuck-bits": "64 bits of slot b stay 0, whatever is written",
  "log-full": "the event log takes no record",
  "disk-full": "the slots take no byte",
  "clock-1970": "the clock says 1 January 1970",
  "clock-2099": "the clock says 1 January 2099",
  "drop-link": "one connection in three breaks",
  "slow-link": "the line carries 2 KiB a second",
};

export const isLinkFault = (fault: SimulatedFault): fault is LinkFault & SimulatedFault =>
  fault === "drop-link" || fault === "slow-link";

export interface SimulationPorts {
  readonly folder: string;
  readonly settings: DeviceSettings;
  readonly server: DdiClient;
  readonly faults: readonly SimulatedFault[];
  readonly selfTest: "passed" | "failed";
  readonly observer: Observer;
  /** Puts the first release in, where the device is empty. */
  provision(opened: OpenDevice): Promise<void>;
}

/** Between two power failures: so many writes and erases, at least and at most. */
const powerOnFor = { least: 50, most: 400 };

/** A device with faults, from one power failure to the next. */
export class Simulation {
  readonly #ports: SimulationPorts;
  readonly #context: CommandContext;
  #kind: "existing" | "new";

  constructor(ports: SimulationPorts, kind: "existing" | "new", context: CommandContext) {
    this.#ports = ports;
    this.#kind = kind;
    this.#context = context;
  }

  /** Until the signal is aborted, or one round was made; answers with it, or with the last boot. */
  async run(extent: "once" | "on", signal: AbortSignal): Promise<Round | BootOutcome> {
    for (;;) {
      const opened = await this.#open();
      try {
        return await this.#live(opened, extent, signal);
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
        this.#tell("torn-writes", "the power failed in the middle of an operation; switched on again");
      } finally {
        // Whoever writes into a dead flash is a ghost.
        await opened.close().catch((error: unknown) => {
          if (!(error instanceof PowerCut)) throw error;
        });
      }
    }
  }

  async #live(opened: OpenDevice, extent: "once" | "on", signal: AbortSignal): Promise<Round | BootOutcome> {
    const { device, log } = opened;
    const { server, observer, selfTest } = this.#ports;
    let booted = await device.boot();
    if (booted.kind === "not-provisioned") {
      await this.#ports.provision(opened);
      this.#kind = "existing";
      booted = await device.boot();
    }
    observer.observe({ event: "booted", outcome: booted });
    if (booted.kind !== "running") return booted;
    const agent = new Agent({
      device,
      booted,
      server,
      restart: () => device.boot(),
      selfTest: async () => selfTest,
      wait,
      random: Math.random,
      uptimeMs: () => performance.now(),
      trustedTime: () => this.#now(),
      operations: async () => undefined,
      observe: (event) => {
        observer.observe(event);
        for (const entry of agentLogEntries(event)) log.note(entry);
      },
    });
    if (extent === "on") return agent.run(signal);
    return oneRound(agent, observer, signal);
  }

  #open(): Promise<OpenDevice> {
    const { folder, settings } = this.#ports;
    const { io } = this.#context;
    const stagings = new StagingBudget({
      ledger: fileStagingLedger(nodeFileSystem, locate(io, folder)),
      rules: defaultStagingRules,
      uptimeMs: () => performance.now(),
    });
    return openDeviceFolder(io, folder, settings, this.#kind, {
      stagings,
      now: () => this.#now(),
      between: (flash, layout) => this.#fail(flash, layout),
    });
  }

  #fail(inner: Flash, layout: FlashLayout): Flash {
    const { faults } = this.#ports;
    const tell = (fault: FlashFault, what: string): void => this.#tell(fault, what);
    const kinds = (["stuck-bits", "log-full", "disk-full"] as const).filter((fault) => faults.includes(fault));
    const flash = kinds.length === 0 ? inner : new FaultyFlash(inner, { layout, faults: kinds, tell });
    if (!faults.includes("torn-writes")) return flash;
    const { least, most } = powerOnFor;
    const operation = least + Math.floor(Math.random() * (most - least));
    return new PowerCutFlash(flash, { operation, moment: "torn" }, Math.floor(Math.random() * 2 ** 31));
  }

  #now(): bigint {
    const { faults } = this.#ports;
    if (faults.includes("clock-1970")) return 0n;
    if (faults.includes("clock-2099")) return 4_070_908_800n;
    return hostTime();
  }

  #tell(fault: SimulatedFault, what: string): void {
    const { terminal } = this.#context;
    terminal.jsonLine({ event: "fault", fault, what });
    terminal.line(`fault ${fault}: ${what}`);
  }
}
