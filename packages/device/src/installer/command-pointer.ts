import type { BootReason } from "../device/boot.ts";
import type { SlotName } from "../slots/slot.ts";
import type { StartPointer } from "../slots/start-pointer.ts";
import { commandFault } from "./command-fault.ts";
import { type Command, type CommandRunner, checkCommand, endedWell, fillCommand } from "./command-runner.ts";

/** Each with {slot} in its arguments; absent = nothing has to be done. */
export interface PointerCommands {
  /** After arming: makes the bootloader start the slot next. */
  readonly activate?: Command;
  /** Before a confirmation counts: tells the bootloader that the slot is good. Another exit code than 0 is a veto. */
  readonly confirm?: Command;
  /** After a trial that failed: makes the bootloader start the slot again that runs now. */
  readonly revert?: Command;
}

/** The pointer of a system with a bootloader of its own. Throws `RangeError` for a command that cannot be meant. */
export function commandPointer(commands: PointerCommands, runner: CommandRunner): StartPointer {
  for (const command of [commands.activate, commands.confirm, commands.revert]) {
    if (command !== undefined) checkCommand(command, ["slot"]);
  }
  async function run(name: keyof PointerCommands, slot: SlotName): Promise<void> {
    const configured = commands[name];
    if (configured === undefined) return;
    const command = fillCommand(configured, { slot });
    const end = await runner.run(command);
    if (!endedWell(end)) throw commandFault(command, end);
  }
  return {
    armed: (slot) => run("activate", slot),
    booted: async (slot, _mode, why) => (isWayBack(why) ? run("revert", slot) : undefined),
    confirming: (slot) => run("confirm", slot),
  };
}

/** A trial was, or was to be, and it has come to nothing. */
const isWayBack = (why: BootReason): boolean => why === "trial-not-confirmed" || why === "staging-unusable";
