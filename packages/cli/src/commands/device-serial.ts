import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  longestMessageIn,
  type McubootBooted,
  McubootRecovery,
  mcubootLongestMessage,
  SmpDeviceHandler,
} from "@sumac/device";
import type { Arguments, Command, CommandContext, Option } from "../command.ts";
import { bootJson, describeBoot } from "../device/describe-event.ts";
import { type OpenDevice, openDeviceFolder } from "../device/device-folder.ts";
import { readSettings } from "../device/device-settings.ts";
import { factoryOptions, planFactory, provision } from "../device/provision.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";
import { imageVersionText } from "../mcuboot-lines.ts";
import { parseChoice, parseUnsigned } from "../option-values.ts";
import { faultSummary, type LineFaults, parseFaults } from "../serial/line-fault.ts";
import { framingOf } from "../serial/line-settings.ts";
import { openMcubootFolder } from "../serial/mcuboot-folder.ts";
import { type PtyDevice, type PtyOptions, servePty } from "../serial/serve-pty.ts";

/** How a simulated device shows itself on a pseudo-terminal. */
export const terminalOptions: readonly Option[] = [
  { name: "personality", value: "name", summary: "sumac (default) or mcuboot-recovery, a plain boot loader" },
  { name: "framing", value: "name", summary: "console (default) or raw" },
  { name: "link", value: "file", summary: "make this link to the port: a name that outlives a pulled cable" },
  { name: "buffer", value: "bytes", summary: "Sumac device: its receive buffer (default 1024)" },
];

export const deviceSerial: Command = {
  name: "device serial",
  summary: "run a simulated device on a pseudo-terminal",
  operands: [{ name: "folder", summary: "where the device lives; made if it is not there" }],
  options: [
    ...terminalOptions,
    { name: "fault", value: "fault", use: "repeatable", summary: faultSummary },
    ...factoryOptions,
  ],
  notes: [
    "Prints the port, and answers there whoever comes and goes until SIGINT or SIGTERM. Its flash is a file: killing the",
    "process is a power cut. A new MCUboot device takes --trust (keys of its boot loader) and --factory (its first image).",
  ],
  onInterrupt: "finish",
  run: runOnTerminal,
};

/** Until a signal comes. */
export async function runOnTerminal(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const personality = parseChoice("personality", given.option("personality") ?? "sumac", ["sumac", "mcuboot-recovery"]);
  const options: PtyOptions = {
    framing: framingOf(given),
    faults: parseFaults(given.all("fault")),
    link: given.option("link"),
  };
  if (process.platform === "win32") {
    throw usage(
      "no-pseudo-terminals",
      "this system has no pseudo-terminals",
      "run the simulated device on Linux or macOS",
    );
  }
  return personality === "sumac" ? runSumac(given, options, context) : runMcuboot(given, options, context);
}

async function runSumac(given: Arguments, options: PtyOptions, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const folder = given.operand("folder");
  const size = Number(parseUnsigned("buffer", given.option("buffer") ?? "1024", 256n));
  if (size > 65_535) throw usage("bad-value", `--buffer ${size} is more than a message can have`, "give up to 65535");
  const settings = readSettings(io, folder);
  const plan = settings === undefined ? await planFactory(given, given.option("id"), context) : undefined;
  const known = settings ?? plan?.settings;
  if (known === undefined) throw new Error("a device has settings or a plan");
  if (plan !== undefined && plan.release === undefined) {
    throw usage("missing-option", "a new device needs its first release", "give it: --factory release.suit");
  }
  const opened = await openDeviceFolder(io, folder, known, plan === undefined ? "existing" : "new");
  try {
    if (plan?.release !== undefined) {
      try {
        opened.keepSettings();
        await provision(opened.device, plan, plan.release);
      } catch (error) {
        await opened.undo();
        throw error;
      }
    }
    await switchOn(opened, context);
    await servePty(sumacDevice(opened, size, options.faults, context), options, context);
    terminal.jsonLine({ event: "stopped" });
    return exitCode.ok;
  } finally {
    await opened.close();
  }
}

function sumacDevice(opened: OpenDevice, size: number, faults: LineFaults, context: CommandContext): PtyDevice {
  const buffer = { size, count: 1 };
  const {
    device,
    parts: { slots },
    key,
    log,
  } = opened;
  const start = (): SmpDeviceHandler =>
    new SmpDeviceHandler(
      {
        device,
        slots,
        crypto: nodeCrypto,
        ...(key === undefined ? {} : { key }),
        log,
        restart: () => switchOn(opened, context),
        selfTest: async () => (faults.selfTest === "fails" ? "failed" : "passed"),
        trustedTime: () => BigInt(Math.floor(Date.now() / 1000)),
        operations: async () => undefined,
      },
      buffer,
    );
  let handler = start();
  return {
    handler: { handle: (call) => handler.handle(call), afterwards: (call) => handler.afterwards(call) },
    async powerCycle() {
      await handler.loseMemory();
      handler = start();
      await switchOn(opened, context);
    },
    form: "definite",
    longestReply: longestMessageIn(buffer),
  };
}

async function switchOn({ device }: OpenDevice, { terminal }: CommandContext): Promise<void> {
  const outcome = await device.boot();
  terminal.jsonLine({ event: "booted", ...bootJson(outcome) });
  for (const line of describeBoot(outcome)) terminal.line(line);
  if (outcome.kind === "running") return;
  throw new Failure({
    code: outcome.kind === "recovery-needed" ? outcome.why.code : outcome.kind,
    problem: "the device has nothing that may run, and answers nobody",
    remedy: "begin with an empty folder",
    exit: exitCode.device,
  });
}

async function runMcuboot(given: Arguments, options: PtyOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { slots, keys, close } = await openMcubootFolder(given, context.io);
  try {
    const recovery = new McubootRecovery({
      slots,
      keys,
      crypto: nodeCrypto,
      booted: (outcome) => tell(outcome, context),
    });
    await recovery.restart();
    const device: PtyDevice = {
      handler: recovery,
      powerCycle: async () => void (await recovery.restart()),
      form: "indefinite",
      longestReply: mcubootLongestMessage,
    };
    await servePty(device, options, context);
    terminal.jsonLine({ event: "stopped" });
    return exitCode.ok;
  } finally {
    close();
  }
}

function tell({ swap, running, refused, securityCounter }: McubootBooted, { terminal }: CommandContext): void {
  const version = running === undefined ? null : imageVersionText(running.image.header.version);
  const hash = running?.digest.bytes;
  terminal.jsonLine({
    event: "booted",
    version,
    hash: hash ?? null,
    swap,
    securityCounter,
    refused: refused?.code ?? null,
  });
  if (refused !== undefined) terminal.line(`the image to be tried may not run: ${refused.code}`);
  const told = hash === undefined ? "nothing may run" : `running ${version}, image ${bytesToHex(hash).slice(0, 16)}...`;
  terminal.line(`${told}, security counter ${securityCounter}`);
}
