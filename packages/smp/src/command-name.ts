import { imageCommand, osCommand, smpGroup } from "./labels.ts";
import { sumacCommand, sumacGroup } from "./sumac-labels.ts";

const nameIn = (table: Readonly<Record<string, number>>, number: number): string | undefined =>
  Object.keys(table).find((name) => table[name] === number);

const commandsOf: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  [smpGroup.os]: osCommand,
  [smpGroup.image]: imageCommand,
  [sumacGroup]: sumacCommand,
};

/** `image upload`; by its number what has no name. */
export function commandName(group: number, command: number): string {
  const ofGroup = group === sumacGroup ? "sumac" : (nameIn(smpGroup, group) ?? `group ${group}`);
  const ofCommand = nameIn(commandsOf[group] ?? {}, command) ?? `command ${command}`;
  return `${ofGroup} ${ofCommand}`.replaceAll("-", " ");
}
