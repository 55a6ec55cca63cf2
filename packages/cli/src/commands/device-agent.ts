import { type BootOutcome, Unavailable } from "@sumac/device";
import type { AgentConfig } from "../agent/agent-config.ts";
import { hostClock, openPlatform } from "../agent/agent-platform.ts";
import { RestartByExit } from "../agent/image-start.ts";
import { RunningAgent } from "../agent/running-agent.ts";
import { type RunningConfig, readRunningConfig } from "../agent/running-config.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { cannotBoot, judgeRound } from "../device/round-verdict.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { interrupted } from "../interruption.ts";

export const deviceAgent: Command = {
  name: "device agent",
  summary: "run the update agent of a device, as its configuration says",
  operands: [],
  options: [
    { name: "config", value: "file", use: "required", summary: "configuration (YAML); docs/device-integrator.md" },
    { name: "check-config", summary: "only read the configuration, and say what it means" },
    { name: "accept-configuration", summary: "declare the configuration right, for the integrity check" },
    { name: "once", summary: "one round, then stop" },
  ],
  notes: [
    "Runs until SIGTERM or SIGINT, then answers 0; SIGHUP reads the configuration again. Exit code 75: start the image and",
    "then this command anew (restart: kind exit). With --once: 0 up to date or waiting, 3 refused, 5 not delivered, 6 the",
    "device went back. There is no sd_notify: use Type=exec, as docs/systemd/sumac-device.service does.",
  ],
  onInterrupt: "finish",
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  // Asked for first: a signal that comes right after the start has to find somebody who hears it.
  const { interrupted: stop } = io;
  const read = () => readRunningConfig(io, given.required("config"));
  const running = await read();
  if (given.flag("check-config") === "given") return describe(running.config, context);
  const platform = await openPlatform(running.config, hostClock, io);
  const agent = new RunningAgent(platform, running, hostClock, context);
  try {
    const accepting = given.flag("accept-configuration") === "given" ? "accept-configuration" : "declared";
    const booted = await agent.begin(accepting);
    if (given.flag("once") === "given") return judgeRound(await agent.once(booted, stop));
    await runOn(agent, booted, read, context);
    terminal.jsonLine({ event: "stopped" });
    terminal.line("stopped");
    return exitCode.ok;
  } catch (error) {
    if (error instanceof RestartByExit) {
      terminal.jsonLine({ event: "restarting" });
      terminal.line("ends so that the new image is started");
      return exitCode.restart;
    }
    throw error instanceof Unavailable && error.code === "aborted" && stop.aborted ? interrupted() : error;
  } finally {
    await platform.close();
  }
}

/** Until it is stopped. A configuration that cannot be read changes nothing. */
async function runOn(
  agent: RunningAgent,
  first: BootOutcome,
  read: () => Promise<RunningConfig>,
  { io, terminal }: CommandContext,
): Promise<void> {
  let hungUp = new AbortController();
  io.onHangUp?.(() => hungUp.abort());
  for (let booted = first; ; ) {
    const last = await agent.run(booted, AbortSignal.any([io.interrupted, hungUp.signal]));
    if (last.kind !== "running") throw cannotBoot(last, "provision it: sumac device provision");
    if (io.interrupted.aborted) return;
    booted = last;
    hungUp = new AbortController();
    try {
      const outcome = agent.exchange(await read());
      terminal.jsonLine({ event: "configuration-read", outcome });
      terminal.line(
        outcome === "exchanged"
          ? "the configuration was read again"
          : "the configuration names another platform: restart the agent for that; the one before stays",
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { code, problem, remedy } = error.facts;
      terminal.jsonLine({ event: "configuration-refused", code });
      terminal.warning({ code, problem: `${problem}; the configuration before stays`, remedy });
    }
  }
}

function describe(config: AgentConfig, { terminal }: CommandContext): ExitCode {
  const { server, profile, platform, restart, consent, interlock, windows, secondaries } = config;
  terminal.json({ ...config, integrityCheckSeconds: config.integrityCheckMs / 1000 });
  terminal.line(`${server.controllerId} at ${server.url}, tenant ${server.tenant}, by ${server.access.kind}`);
  terminal.line(`  profile ${profile}, platform ${platform.kind} in ${platform.folder}`);
  terminal.line(`  restart: ${restart.kind}; consent: ${consent?.kind ?? "nobody asked"}`);
  terminal.line(
    `  interlock: ${interlock?.kind ?? "none"}; windows: ${windows.length === 0 ? "always" : windows.length}`,
  );
  for (const { name, controllerId, personality, port } of secondaries) {
    terminal.line(`  secondary ${name} (${controllerId}), ${personality.kind}, at ${port}`);
  }
  return exitCode.ok;
}
