import { createDdiClient, faultyHttp, Unavailable } from "@sumac/device";
import { createNodeHttp, wait } from "@sumac/device/node";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { readSimulatedSettings } from "../device/device-settings.ts";
import { Observer } from "../device/observer.ts";
import { factoryOptions, fetchFirstRelease, planFactory, provision } from "../device/provision.ts";
import { cannotBoot, judgeRound } from "../device/round-verdict.ts";
import { faultWords, isLinkFault, type SimulatedFault, Simulation, simulatedFaults } from "../device/simulation.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { interrupted } from "../interruption.ts";
import { parseChoice, parseServerUrl } from "../option-values.ts";
import { faultSummary } from "../serial/line-fault.ts";
import { readToken } from "../token-file.ts";
import { runOnTerminal, terminalOptions } from "./device-serial.ts";

export const deviceSimulate: Command = {
  name: "device simulate",
  summary: "run a simulated device, with faults if asked for",
  operands: [{ name: "folder", summary: "where the device lives; made if it is not there" }],
  options: [
    { name: "server", value: "url", summary: "address of the update server" },
    { name: "token-file", value: "file", summary: "file that holds the device's token" },
    { name: "pty", summary: "no server: it answers on a pseudo-terminal, as a device behind a serial port" },
    { name: "token-kind", value: "kind", summary: "gateway (default) or target" },
    { name: "tenant", value: "name", summary: "tenant of the server (default DEFAULT)" },
    { name: "fault", value: "kind", use: "repeatable", summary: simulatedFaults.join(", ") },
    ...terminalOptions.map((option) => ({ ...option, summary: `--pty: ${option.summary}` })),
    ...factoryOptions,
    { name: "once", summary: "one update, then stop" },
    { name: "fail-self-test", summary: "the new image fails its self-test, to see it go back" },
  ],
  notes: [
    "Its flash is a file: killing the process is a power cut. Runs until SIGINT or SIGTERM, then answers 0.",
    ...simulatedFaults.map((fault) => `--fault ${fault}: ${faultWords[fault]}.`),
    `With --pty it is what \`sumac device serial\` runs, and --fault is: ${faultSummary}.`,
  ],
  onInterrupt: "finish",
  run,
};

const ofServer = ["server", "token-file", "token-kind", "tenant", "once", "fail-self-test"] as const;
const ofTerminal = terminalOptions.map(({ name }) => name);

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const where = given.flag("pty") === "given" ? "on a pseudo-terminal" : "at a server";
  const foreign = (where === "at a server" ? ofTerminal : ofServer).find((name) => given.flag(name) === "given");
  if (foreign !== undefined) {
    throw usage(
      "bad-value",
      `--${foreign} says nothing about a device ${where}`,
      "leave it out, or decide about --pty",
    );
  }
  if (where === "on a pseudo-terminal") return runOnTerminal(given, context);
  for (const name of ["server", "token-file"]) {
    if (given.flag(name) === "given") continue;
    throw usage("missing-option", `--${name} is missing`, "give it, or --pty: see `sumac device simulate --help`");
  }
  return runAtServer(given, context);
}

async function runAtServer(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const { interrupted: stop } = io;
  const folder = given.operand("folder");
  const faults = given.all("fault").map((fault) => parseChoice("fault", fault, simulatedFaults));
  const known = readSimulatedSettings(io, folder);
  const plan = known === undefined ? await planFactory(given, given.option("id"), context) : undefined;
  const settings = known ?? plan?.settings;
  if (settings === undefined) throw new Error("a device has settings or a plan");
  for (const fault of faults) announce(fault, context);
  const connection = await connect(given, settings.id, faults, context);
  const { server } = connection;
  const observer = new Observer(context);
  const simulation = new Simulation(
    {
      folder,
      settings,
      server,
      faults,
      selfTest: given.flag("fail-self-test") === "given" ? "failed" : "passed",
      observer,
      async provision(opened) {
        // Read anew: a provisioning that the power cut short has used its streams up.
        const again = await planFactory(given, settings.id, context);
        const release = again.release ?? (await fetchFirstRelease(server, again, context, "wait"));
        opened.keepSettings();
        await provision(opened.device, again, release);
      },
    },
    known === undefined ? "new" : "existing",
    context,
  );
  try {
    const last = await simulation.run(given.flag("once") === "given" ? "once" : "on", stop);
    if ("did" in last) return judgeRound(last);
    if (last.kind !== "running") throw cannotBoot(last, "remove the folder and make the device anew");
    terminal.jsonLine({ event: "stopped" });
    terminal.line("stopped");
    return exitCode.ok;
  } catch (error) {
    throw error instanceof Unavailable && error.code === "aborted" && stop.aborted ? interrupted() : error;
  } finally {
    observer.done();
    connection.close();
  }
}

function announce(fault: SimulatedFault, { terminal }: CommandContext): void {
  terminal.jsonLine({ event: "fault-on", fault, what: faultWords[fault] });
  terminal.line(`fault ${fault} is on: ${faultWords[fault]}`, "yellow");
}

async function connect(
  given: Arguments,
  controllerId: string,
  faults: readonly SimulatedFault[],
  context: CommandContext,
) {
  const { terminal } = context;
  const kind = parseChoice("token-kind", given.option("token-kind") ?? "gateway", ["gateway", "target"]);
  const baseUrl = parseServerUrl("server", given.required("server")).href;
  const token = { kind, value: await readToken("token-file", given.required("token-file"), context) };
  const node = createNodeHttp();
  const http = faultyHttp(node, {
    faults: faults.filter(isLinkFault),
    random: Math.random,
    wait,
    tell: (fault, what) => terminal.jsonLine({ event: "fault", fault, what }),
  });
  const tenant = given.option("tenant") ?? "DEFAULT";
  const server = createDdiClient({ baseUrl, tenant, controllerId, token, http, wait });
  return { server, close: () => node.close() };
}
