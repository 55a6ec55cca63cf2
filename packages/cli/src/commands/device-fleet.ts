import type { Arguments, Command, CommandContext } from "../command.ts";
import { Fleet, type FleetFigures } from "../device/fleet.ts";
import { factoryOptions, planFactory } from "../device/provision.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { parseServerUrl, parseUnsigned } from "../option-values.ts";
import { readToken } from "../token-file.ts";

export const deviceFleet: Command = {
  name: "device fleet",
  summary: "run many simulated devices in one process, for load on a server",
  operands: [],
  options: [
    { name: "count", value: "n", use: "required", summary: "how many devices, up to 100000" },
    { name: "server", value: "url", use: "required", summary: "address of the update server" },
    { name: "token-file", value: "file", use: "required", summary: "file that holds the token of all of them" },
    { name: "tenant", value: "name", summary: "tenant of the server (default DEFAULT)" },
    { name: "prefix", value: "text", summary: "their names are this and a number (default fleet-)" },
    { name: "seconds", value: "n", summary: "how long (default: until a signal comes)" },
    { name: "until-sequence", value: "n", summary: "stop when all of them run this sequence number, or a higher one" },
    { name: "ramp", value: "n", summary: "seconds over which the first polls are spread (default 10)" },
    { name: "poll", value: "n", summary: "seconds between two polls at the most (default: as the server asks)" },
    { name: "connections", value: "n", summary: "to the server at once, of all devices together (default 64)" },
    ...factoryOptions.filter(({ name }) => name !== "id"),
  ],
  notes: [
    "Each device is a real one on simulated flash in memory, with the real agent; nothing of them is stored. They were",
    "provisioned with --factory, and share one token (gateway). With --json one object with all figures at the end.",
  ],
  onInterrupt: "finish",
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const { interrupted } = io;
  if (given.option("factory") === undefined) {
    throw usage("missing-option", "--factory is missing", "name the release that the devices left the factory with");
  }
  const number = (name: string, usual: number, most: number, least = 0n): number => {
    const text = given.option(name);
    const value = text === undefined ? usual : Number(parseUnsigned(name, text, least));
    if (value <= most) return value;
    throw usage("bad-value", `--${name} ${value} is too large`, `give at most ${most}`);
  };
  const prefix = given.option("prefix") ?? "fleet-";
  const plan = await planFactory(given, `${prefix}1`, context);
  const poll = given.option("poll");
  const ports = {
    count: number("count", 0, 100_000, 1n),
    prefix,
    baseUrl: parseServerUrl("server", given.required("server")).href,
    tenant: given.option("tenant") ?? "DEFAULT",
    token: {
      kind: "gateway" as const,
      value: await readToken("token-file", given.required("token-file"), context),
    },
    settings: plan.settings,
    connections: number("connections", 64, 4096, 1n),
    rampMs: number("ramp", 10, 86_400) * 1000,
    pollMs: poll === undefined ? undefined : number("poll", 0, 86_400, 1n) * 1000,
  };
  const seconds = given.option("seconds");
  const limit = seconds === undefined ? undefined : AbortSignal.timeout(number("seconds", 0, 86_400, 1n) * 1000);
  const wanted = given.option("until-sequence");
  const until = wanted === undefined ? undefined : parseUnsigned("until-sequence", wanted, 1n);
  const fleet = await Fleet.provision(ports, plan);
  const done = new AbortController();
  const since = performance.now();
  const watch = setInterval(() => {
    const figures = fleet.figures();
    if (until !== undefined && haveArrived(figures, ports.count, until)) done.abort();
    else if (io.stderr.terminal) io.stderr.write(`\r${progress(figures, ports.count)}`);
  }, 500);
  try {
    await fleet.run(AbortSignal.any([interrupted, done.signal, ...(limit === undefined ? [] : [limit])]));
  } finally {
    clearInterval(watch);
  }
  const secondsTaken = (performance.now() - since) / 1000;
  const figures = fleet.figures();
  const pollsPerSecond = Math.round(figures.polls / secondsTaken);
  terminal.json({ ...figures, seconds: Math.round(secondsTaken * 10) / 10, pollsPerSecond });
  terminal.line(progress(figures, ports.count));
  terminal.line(`  ${pollsPerSecond} polls a second over ${secondsTaken.toFixed(1)} s, ${figures.updates} updates`);
  for (const [what, counts] of Object.entries({ refused: figures.refused, fault: figures.faults })) {
    for (const [code, count] of Object.entries(counts)) terminal.line(`  ${what} ${code}: ${count}`);
  }
  return exitCode.ok;
}

function haveArrived({ running, devices }: FleetFigures, count: number, until: bigint): boolean {
  return (
    devices === count && Object.keys(running).every((sequence) => /^\d+$/.test(sequence) && BigInt(sequence) >= until)
  );
}

const progress = ({ devices, running, polls, peakMb }: FleetFigures, count: number): string => {
  const states = Object.entries(running).map(([sequence, number]) => `${number} run ${sequence}`);
  return `${devices} of ${count} devices on; ${states.join(", ")}; ${polls} polls; ${peakMb} MB`;
};
