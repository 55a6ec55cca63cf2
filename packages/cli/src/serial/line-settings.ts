import { consoleFraming, type Framing, rawFraming } from "@sumac/smp";
import type { Arguments, Option } from "../command.ts";
import { usage } from "../failure.ts";
import { parseChoice, parsePort, parseUnsigned } from "../option-values.ts";

/** Of every command that talks to a device over a line. */
export const lineOptions: readonly Option[] = [
  { name: "port", value: "port", use: "required", summary: "serial port, or tcp://HOST:PORT of a terminal server" },
  { name: "baud", value: "n", summary: "bits per second (default 115200); a pseudo-terminal takes any" },
  { name: "framing", value: "name", summary: "console (default) or raw, as the device was built" },
  { name: "control-lines", value: "how", summary: "DTR and RTS: leave (default), or low for boards that they reset" },
  { name: "wait", value: "seconds", summary: "for a device that restarts, or a cable that was pulled (default 30)" },
];

export type LineAddress =
  | { readonly kind: "serial"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

export interface LineSettings {
  readonly address: LineAddress;
  readonly baud: number;
  readonly framing: Framing;
  readonly controlLines: "leave" | "low";
  readonly waitMs: number;
}

/** Of the 32 bits that systems have for it. */
const fastestBaud = 0xffffffffn;
const longestWaitSeconds = 3600n;

export function readLineSettings(given: Arguments): LineSettings {
  const seconds = parseUnsigned("wait", given.option("wait") ?? "30");
  if (seconds > longestWaitSeconds) {
    throw usage("bad-value", `--wait ${seconds} is more than an hour`, "give seconds, such as 30");
  }
  return {
    address: parseAddress(given.required("port")),
    baud: Number(parseUnsigned("baud", given.option("baud") ?? "115200", 1n, fastestBaud)),
    framing: framingOf(given),
    controlLines: parseChoice("control-lines", given.option("control-lines") ?? "leave", ["leave", "low"]),
    waitMs: Number(seconds) * 1000,
  };
}

export const framingOf = (given: Arguments): Framing =>
  parseChoice("framing", given.option("framing") ?? "console", ["console", "raw"]) === "raw"
    ? rawFraming()
    : consoleFraming();

function parseAddress(value: string): LineAddress {
  if (!value.includes("://")) return { kind: "serial", path: value };
  const parsed = /^tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([^/:@\s]+)):(\d+)$/.exec(value);
  const host = parsed?.[1] ?? parsed?.[2];
  const port = parsed?.[3];
  if (host === undefined || port === undefined) {
    throw usage("bad-value", `--port ${value} is no serial port and no tcp://HOST:PORT`, "give such as /dev/ttyUSB0");
  }
  return { kind: "tcp", host, port: parsePort("port", port) };
}

export const addressText = (address: LineAddress): string =>
  address.kind === "serial" ? address.path : `tcp://${address.host}:${address.port}`;
