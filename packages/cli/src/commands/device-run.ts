import {
  Agent,
  agentLogEntries,
  type BootOutcome,
  checkDdiOptions,
  createDdiClient,
  type DdiClient,
  defaultStagingRules,
  fileStagingLedger,
  StagingBudget,
  type TargetRepository,
  Unavailable,
} from "@sumac/device";
import { createNodeHttp, nodeFileSystem, wait } from "@sumac/device/node";
import { openRepository } from "../agent/agent-repository.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type OpenDevice, openDeviceFolder } from "../device/device-folder.ts";
import { readSimulatedSettings } from "../device/device-settings.ts";
import { Observer } from "../device/observer.ts";
import { oneRound } from "../device/one-round.ts";
import {
  type FactoryPlan,
  factoryOptions,
  fetchFirstRelease,
  ignoredOptions,
  planFactory,
  provision,
} from "../device/provision.ts";
import { cannotBoot, judgeRound } from "../device/round-verdict.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { hostTime } from "../host-time.ts";
import { interrupted } from "../interruption.ts";
import { locate } from "../location.ts";
import { parseChoice, parseServerUrl } from "../option-values.ts";
import { readToken } from "../token-file.ts";

const makeAnew = "remove the folder and make the device anew";

export const deviceRun: Command = {
  name: "device run",
  summary: "run a simulated device",
  operands: [{ name: "folder", summary: "where the device lives; made if it is not there" }],
  options: [
    { name: "server", value: "url", use: "required", summary: "address of the update server" },
    { name: "token-file", value: "file", use: "required", summary: "file that holds the device's token" },
    { name: "token-kind", value: "kind", summary: "gateway (default) or target" },
    { name: "tenant", value: "name", summary: "tenant of the server (default DEFAULT)" },
    ...factoryOptions,
    { name: "repository-root", value: "file", summary: "root of the signed repository, asked before every update" },
    { name: "once", summary: "one update, then stop" },
    { name: "fail-self-test", summary: "the new image fails its self-test, to see it go back" },
  ],
  notes: [
    "Its flash is a file: killing the process is a power cut. Runs until SIGINT or SIGTERM, then answers 0.",
    "With --once the exit code tells how it ended: 0 up to date, 3 refused, 5 not delivered, 6 the device went back.",
  ],
  onInterrupt: "finish",
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io } = context;
  const folder = given.operand("folder");
  const settings = readSimulatedSettings(io, folder);
  const id = given.option("id");
  if (settings !== undefined && id !== undefined && id !== settings.id) {
    const problem = `the device in ${folder} is ${settings.id}, not ${id}`;
    throw usage("device-id-differs", problem, "leave --id out, or choose another folder");
  }
  // Everything that can be wrong on the line is found before a folder is made.
  const plan = settings === undefined ? await planFactory(given, id, context) : undefined;
  const known = settings ?? plan?.settings;
  if (known === undefined) throw new Error("a device has settings or a plan");
  const connection = await connect(given, known.id, context);
  try {
    const stagings = new StagingBudget({
      ledger: fileStagingLedger(nodeFileSystem, locate(io, folder)),
      rules: defaultStagingRules,
      uptimeMs: () => performance.now(),
    });
    const opened = await openDeviceFolder(io, folder, known, plan === undefined ? "existing" : "new", { stagings });
    try {
      const booted = await switchOn(opened, plan, connection.server, given, context);
      const repository = await repositoryOf(given, locate(io, folder), context);
      try {
        return await operate(opened, booted, { server: connection.server, repository }, given, context);
      } finally {
        repository?.close();
      }
    } finally {
      await opened.close();
    }
  } catch (error) {
    throw error instanceof Unavailable && error.code === "aborted" && io.interrupted.aborted ? interrupted() : error;
  } finally {
    connection.close();
  }
}

/** Boots; a device that the factory has not finished, now or in a run that was killed, is provisioned first. */
async function switchOn(
  opened: OpenDevice,
  planned: FactoryPlan | undefined,
  server: DdiClient,
  given: Arguments,
  context: CommandContext,
): Promise<BootOutcome> {
  const { device } = opened;
  const booted = await device.boot();
  if (booted.kind !== "not-provisioned") {
    if (booted.kind === "running") await noteIgnored(given, opened, context);
    return booted;
  }
  try {
    const plan = planned ?? (await planFactory(given, opened.settings.id, context));
    const patience = given.flag("once") === "given" ? "once" : "wait";
    const release = plan.release ?? (await fetchFirstRelease(server, plan, context, patience));
    opened.keepSettings();
    await provision(device, plan, release);
  } catch (error) {
    await opened.undo();
    throw error;
  }
  return device.boot();
}

/** A device in the field is not changed by a command line: whoever thinks so has to hear it. */
async function noteIgnored(
  given: Arguments,
  { device, settings }: OpenDevice,
  { io, terminal }: CommandContext,
): Promise<void> {
  const ignored = await ignoredOptions(given, settings, device.status().identity, io);
  if (ignored.length === 0) return;
  terminal.warning({
    code: "factory-option-ignored",
    problem: `${settings.id} was made with something else, and ${ignored.map((name) => `--${name}`).join(", ")} changes nothing`,
    remedy: "leave it out; for another product or other keys make a new device in another folder",
  });
}

interface Connection {
  readonly server: DdiClient;
  close(): void;
}

async function connect(given: Arguments, controllerId: string, context: CommandContext): Promise<Connection> {
  const kind = parseChoice("token-kind", given.option("token-kind") ?? "gateway", ["gateway", "target"]);
  const baseUrl = parseServerUrl("server", given.required("server")).href;
  const token = { kind, value: await readToken("token-file", given.required("token-file"), context) };
  const tenant = given.option("tenant") ?? "DEFAULT";
  const checked = checkDdiOptions({ baseUrl, tenant, controllerId, token });
  if (!checked.ok)
    throw usage(
      "bad-value",
      `the server would not understand this: ${checked.error.code}`,
      "check --server, --tenant and --id",
    );
  const http = createNodeHttp();
  return { server: createDdiClient({ baseUrl, tenant, controllerId, token, http, wait }), close: () => http.close() };
}

/** It lies on the update server. Undefined: the device knows none. */
async function repositoryOf(given: Arguments, folder: string, { io }: CommandContext) {
  const root = given.option("repository-root");
  if (root === undefined) return undefined;
  const url = `${parseServerUrl("server", given.required("server")).href.replace(/\/+$/, "")}/tuf`;
  return openRepository({ root, url, minimum: undefined }, {}, folder, io);
}

/** Switches the device on and lets its agent work. */
async function operate(
  { device, log }: OpenDevice,
  booted: BootOutcome,
  { server, repository }: { readonly server: DdiClient; readonly repository: TargetRepository | undefined },
  given: Arguments,
  context: CommandContext,
): Promise<ExitCode> {
  const { io, terminal } = context;
  const observer = new Observer(context);
  observer.observe({ event: "booted", outcome: booted });
  if (booted.kind !== "running") throw cannotBoot(booted, makeAnew);
  const agent = new Agent({
    device,
    booted,
    server,
    restart: () => device.boot(),
    selfTest: async () => (given.flag("fail-self-test") === "given" ? "failed" : "passed"),
    wait,
    random: Math.random,
    uptimeMs: () => performance.now(),
    trustedTime: hostTime,
    operations: async () => undefined,
    ...(repository === undefined ? {} : { repository }),
    observe: (event) => {
      observer.observe(event);
      for (const entry of agentLogEntries(event)) log.note(entry);
    },
  });
  try {
    if (given.flag("once") === "given") return await once(agent, observer, context);
    const last = await agent.run(io.interrupted);
    if (last.kind !== "running") throw cannotBoot(last, makeAnew);
    terminal.jsonLine({ event: "stopped" });
    terminal.line("stopped");
    return exitCode.ok;
  } finally {
    observer.done();
  }
}

async function once(agent: Agent, observer: Observer, { io, terminal }: CommandContext): Promise<ExitCode> {
  const round = await oneRound(agent, observer, io.interrupted);
  terminal.jsonLine({ event: "finished", did: round.did });
  if (round.did === "nothing") terminal.line("nothing to install");
  return judgeRound(round);
}
