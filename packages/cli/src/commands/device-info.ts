import { bytesToHex } from "@sumac/crypto";
import { askParameters, readIdentity, readSlots, readVerdict, type SumacIdentity, type SumacVerdict } from "@sumac/smp";
import { formatUuid } from "@sumac/suit";
import type { Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type DeviceLine, onLine } from "../serial/device-line.ts";
import { smpFailure } from "../serial/line-failure.ts";
import { lineOptions } from "../serial/line-settings.ts";
import { isOtherKind } from "../serial/other-kind.ts";
import { humanSize } from "../terminal.ts";

export const deviceInfo: Command = {
  name: "device info",
  summary: "show what a device behind a serial port is",
  operands: [],
  options: lineOptions,
  notes: ["The device says so itself, unsigned: sumac device push believes it only what it can prove."],
  onInterrupt: "finish",
  run: (given, context) => onLine(given, context, (line) => showDevice(line, context)),
};

async function showDevice(line: DeviceLine, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const identity = await readIdentity(line.client);
  if (!identity.ok && !isOtherKind(identity.error)) throw smpFailure(identity.error, line.settings);
  const parameters = await line.ask(askParameters);
  const buffer = `takes messages of ${parameters.longestMessage} bytes, ${parameters.window} at a time${parameters.known === "told" ? "" : " (assumed)"}`;
  if (identity.ok) {
    const verdict = await line.ask(readVerdict);
    terminal.json({ kind: "sumac", ...identity.value, verdict, ...parameters });
    for (const text of sumacLines(identity.value, verdict)) terminal.line(text);
  } else {
    const slots = await readSlots(line.client);
    const told = slots.ok ? slots.value : [];
    terminal.json({ kind: "mcuboot", slots: told, ...parameters });
    terminal.line("no Sumac device; image management of SMP, as MCUboot and Zephyr have it");
    for (const { image, slots, maxImageSize } of told) {
      for (const { slot, size } of slots) {
        terminal.line(`  image ${image}, slot ${slot}: ${size === undefined ? "size not told" : humanSize(size)}`);
      }
      if (maxImageSize !== undefined) terminal.line(`  an image may have ${maxImageSize} bytes`);
    }
  }
  terminal.line(`  ${buffer}`);
  return exitCode.ok;
}

function sumacLines(identity: SumacIdentity, verdict: SumacVerdict): string[] {
  const { vendorIds, classIds, deviceId, components, floor, state, manifest, trust } = identity;
  const ids = (all: readonly Uint8Array[]): string => all.map(formatUuid).join(", ");
  return [
    "a Sumac device",
    `  vendor id  ${ids(vendorIds)}`,
    `  class id   ${ids(classIds)}`,
    ...(deviceId === undefined ? [] : [`  device id  ${formatUuid(deviceId)}`]),
    ...components.map(({ id, maxSize }) => `  component  ${componentText(id)}, up to ${humanSize(maxSize)}`),
    `  runs       ${manifest === undefined ? "without a manifest" : `manifest ${bytesToHex(manifest.bytes)}`}`,
    `  floor      sequence ${floor}`,
    `  trust      record ${bytesToHex(trust.bytes)}`,
    `  update     ${state.replaceAll("-", " ")}${"code" in verdict && verdict.code !== undefined ? `: ${verdict.code}` : ""}`,
  ];
}

const componentText = (id: readonly Uint8Array[]): string =>
  id.map((segment) => JSON.stringify(new TextDecoder().decode(segment))).join("/");
