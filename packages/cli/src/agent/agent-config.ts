import {
  defaultStagingRules,
  type OverrideRules,
  overridableBars,
  overrideName,
  type StagingRules,
} from "@sumac/device";
import { type ComponentSettings, largestFileImageBytes } from "../device/device-settings.ts";
import { ConfigReader, type Field } from "./config-reader.ts";
import { isTimeZone, type MaintenanceWindow, parseTimeOfDay, weekdays } from "./maintenance-window.ts";
import { readSecondaries, type SecondaryConfig } from "./secondary-config.ts";
import { isServerAddress } from "./server-address.ts";
import { readTuf, type TufConfig } from "./tuf-config.ts";

export interface AgentConfig {
  readonly server: ServerConfig;
  /** `ot`: nothing restarts without an operator's consent. */
  readonly profile: "ot" | "it";
  readonly platform: PlatformConfig;
  /** Between two polls; what the server asks for is kept between them. */
  readonly poll: { readonly leastMs: number; readonly mostMs: number };
  /** Empty: at any time. */
  readonly windows: readonly MaintenanceWindow[];
  readonly interlock: Source | undefined;
  readonly consent: Source | undefined;
  /** Who may set aside what for one update; undefined = nobody may. */
  readonly override: OverrideRules | undefined;
  /** Saves what does not lie in the slots, before an update is armed; undefined = nothing is saved. */
  readonly backup: BackupConfig | undefined;
  /** Brings a backup back that was found as the device has signed it; only beside `backup.file`. */
  readonly restore: ConfiguredCommand | undefined;
  readonly restart: RestartConfig;
  /** `not-tested`: whatever starts is confirmed. */
  readonly selfTest: ConfiguredCommand | "not-tested";
  readonly notify: readonly NotifyConfig[];
  readonly whenLogFails: "refuse-updates" | "go-on";
  /** `host`: the clock of the system is trusted, within the device's own rules. */
  readonly clock: "host" | "none";
  readonly integrityCheckMs: number;
  readonly stagings: StagingRules;
  /** The vendor's signed repository, asked before every update; undefined = none is asked. */
  readonly tuf: TufConfig | undefined;
  /** Its time of change says when the agent was last seen to work. */
  readonly aliveFile: string | undefined;
  /** Devices at serial ports of this one, which updates them from the same server. */
  readonly secondaries: readonly SecondaryConfig[];
}

export interface ServerConfig {
  readonly url: string;
  readonly tenant: string;
  readonly controllerId: string;
  readonly access: AccessConfig;
  /** File of the certificates (PEM) that may have issued the server's; undefined = those of the system. */
  readonly authority: string | undefined;
}

export type AccessConfig =
  | { readonly kind: "token"; readonly file: string; readonly token: "target" | "gateway" }
  | { readonly kind: "certificate"; readonly file: string; readonly key: string };

export type PlatformConfig =
  /** The folder of a simulated device: `device.json` and `flash.bin`. */
  { readonly kind: "flash"; readonly folder: string } | FilePlatformConfig;

export interface FilePlatformConfig {
  readonly kind: "files" | "installer";
  readonly folder: string;
  readonly components: readonly ComponentSettings[];
  readonly recoveryBytes: number | undefined;
  /** Present where an installer carries updates out. */
  readonly installer: InstallerConfig | undefined;
}

interface InstallerConfig {
  readonly install: ConfiguredCommand;
  readonly readback?: ConfiguredCommand;
  readonly activate?: ConfiguredCommand;
  readonly confirm?: ConfiguredCommand;
  readonly revert?: ConfiguredCommand;
}

interface ConfiguredCommand {
  readonly argv: readonly [string, ...string[]];
  readonly timeoutMs: number;
}

export interface BackupConfig extends ConfiguredCommand {
  /** What the command writes; undefined = the device cannot tell, and signs no record. */
  readonly file: string | undefined;
}

/** Who says yes: the content of a file, or a program that ends with 0. */
export type Source =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "command"; readonly command: ConfiguredCommand };

export type RestartConfig =
  /** The command starts the image; this process goes on. */
  | { readonly kind: "image"; readonly command: ConfiguredCommand }
  /** The command ends this process, with the whole machine. */
  | { readonly kind: "machine"; readonly command: ConfiguredCommand }
  /** The process ends with exit code 75, and whoever started it starts the image and then the process. */
  | { readonly kind: "exit" }
  /** A person does it. */
  | { readonly kind: "operator" }
  /** The image is this process itself: a simulated device. */
  | { readonly kind: "simulated" };

export type NotifyConfig =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "command"; readonly command: ConfiguredCommand }
  | { readonly kind: "syslog"; readonly host: string; readonly port: number };

const keys = [
  "server",
  "tenant",
  "controllerId",
  "token",
  "certificate",
  "authority",
  "profile",
  "platform",
  "poll",
  "windows",
  "interlock",
  "consent",
  "override",
  "backup",
  "restore",
  "restart",
  "selfTest",
  "notify",
  "whenLogFails",
  "clock",
  "integrityCheck",
  "stagings",
  "tuf",
  "aliveFile",
  "secondaries",
] as const;
const installerKeys = ["install", "readback", "activate", "confirm", "revert"] as const;

const usualTimeoutMs = 60_000;
const usualPoll: AgentConfig["poll"] = { leastMs: 30_000, mostMs: 24 * 3_600_000 };

/** Reads the configuration of `sumac device agent`, strictly. Throws `Failure` that names the line. */
export function readAgentConfig(
  file: Uint8Array,
  where: { readonly name: string; readonly folder: string },
): AgentConfig {
  return ConfigReader.read(file, where, (reader, root) => {
    const top = reader.map(root, keys);
    const optional = <T>(key: (typeof keys)[number], read: (field: Field) => T): T | undefined => {
      const field = top.optional(key);
      return field === undefined ? undefined : read(field);
    };
    const url = reader.text(top.required("server"));
    if (!isServerAddress(url)) {
      reader.refuse(top.required("server"), "is not an address", "write https://host, without user, password or query");
    }
    const profile = reader.choice(top.required("profile"), ["ot", "it"]);
    const platform = readPlatform(reader, top.required("platform"));
    const consent = optional("consent", (field) => readSource(reader, field));
    if (profile === "ot" && consent === undefined) {
      const remedy = "add consent: { file: ... } or { command: [...] }; in this profile nothing restarts without it";
      reader.refuse(top.required("profile"), "is ot, and nobody is named who consents", remedy);
    }
    const restart = readRestart(reader, top.required("restart"));
    if ((restart.kind === "simulated") !== (platform.kind === "flash")) {
      reader.refuse(top.required("restart"), "does not fit the platform", "simulated is for the platform flash alone");
    }
    const controllerId = reader.text(top.required("controllerId"));
    const access = readAccess(reader, root, top.optional("token"), top.optional("certificate"));
    const backup = optional("backup", (field) => readBackup(reader, field));
    const restore = optional("restore", (field) => readCommand(reader, field));
    if (restore !== undefined && backup?.file === undefined) {
      const remedy = "add file to backup: only what the device has signed is restored";
      reader.refuse(top.required("restore"), "stands without backup.file", remedy);
    }
    return {
      server: {
        url,
        tenant: optional("tenant", (field) => reader.text(field)) ?? "DEFAULT",
        controllerId,
        access,
        authority: optional("authority", (field) => reader.path(field)),
      },
      profile,
      platform,
      poll: optional("poll", (field) => readPoll(reader, field)) ?? usualPoll,
      windows: optional("windows", (field) => reader.list(field).map((each) => readWindow(reader, each))) ?? [],
      interlock: optional("interlock", (field) => readSource(reader, field)),
      consent,
      override: optional("override", (field) => readOverrideRules(reader, field)),
      backup,
      restore,
      restart,
      selfTest: readSelfTest(reader, top.required("selfTest")),
      notify: optional("notify", (field) => reader.list(field).map((each) => readNotify(reader, each))) ?? [],
      whenLogFails:
        optional("whenLogFails", (field) => reader.choice(field, ["refuse-updates", "go-on"])) ?? "refuse-updates",
      clock: optional("clock", (field) => reader.choice(field, ["host", "none"])) ?? "host",
      integrityCheckMs: optional("integrityCheck", (field) => reader.duration(field)) ?? 24 * 3_600_000,
      stagings: optional("stagings", (field) => readStagings(reader, field)) ?? defaultStagingRules,
      tuf: optional("tuf", (field) => readTuf(reader, field, url)),
      aliveFile: optional("aliveFile", (field) => reader.path(field)),
      secondaries:
        optional("secondaries", (field) => readSecondaries(reader, field, { access, controllerId, platform })) ?? [],
    };
  });
}

function readAccess(
  reader: ConfigReader,
  root: Field,
  token: Field | undefined,
  certificate: Field | undefined,
): AccessConfig {
  if (token !== undefined && certificate !== undefined) {
    reader.refuse(certificate, "stands beside token", "keep one of the two");
  }
  if (token !== undefined) {
    const map = reader.map(token, ["file", "kind"]);
    const kind = reader.choice(map.required("kind"), ["target", "gateway"]);
    return { kind: "token", file: reader.path(map.required("file")), token: kind };
  }
  if (certificate === undefined) {
    reader.refuse(root, "says nothing of how the device shows who it is", "add token or certificate");
  }
  const map = reader.map(certificate, ["file", "key"]);
  return { kind: "certificate", file: reader.path(map.required("file")), key: reader.path(map.required("key")) };
}

function readPlatform(reader: ConfigReader, field: Field): PlatformConfig {
  const map = reader.map(field, ["kind", "folder", "components", "recovery", ...installerKeys]);
  const kind = reader.choice(map.required("kind"), ["files", "installer", "flash"]);
  const folder = reader.path(map.required("folder"));
  const foreign = installerKeys.map((key) => map.optional(key)).find((each) => each !== undefined);
  if (kind !== "installer" && foreign !== undefined) {
    reader.refuse(foreign, `means nothing on the platform ${kind}`, "remove it, or choose the platform installer");
  }
  if (kind === "flash") {
    const ours = map.optional("components") ?? map.optional("recovery");
    if (ours !== undefined) reader.refuse(ours, "is in device.json on the platform flash", "remove it");
    return { kind, folder };
  }
  const components = reader.list(map.required("components")).map((each) => readComponent(reader, each));
  const recovery = map.optional("recovery");
  return {
    kind,
    folder,
    components,
    recoveryBytes: recovery === undefined ? undefined : reader.bytes(recovery),
    installer: kind === "files" ? undefined : readInstaller(reader, map),
  };
}

function readInstaller(
  reader: ConfigReader,
  map: {
    required(key: "install"): Field;
    optional(key: "readback" | "activate" | "confirm" | "revert"): Field | undefined;
  },
): InstallerConfig {
  const command = (key: "readback" | "activate" | "confirm" | "revert"): Partial<InstallerConfig> => {
    const field = map.optional(key);
    return field === undefined ? {} : { [key]: readCommand(reader, field) };
  };
  return {
    install: readCommand(reader, map.required("install")),
    ...command("readback"),
    ...command("activate"),
    ...command("confirm"),
    ...command("revert"),
  };
}

function readComponent(reader: ConfigReader, field: Field): ComponentSettings {
  const map = reader.map(field, ["id", "maxSize"]);
  const id = reader.list(map.required("id")).map((segment) => reader.segment(segment));
  const bytes = reader.bytes(map.required("maxSize"));
  if (bytes > largestFileImageBytes) reader.refuse(map.required("maxSize"), "is too large", "write at most 4 GiB");
  return { id, bytes };
}

function readCommand(reader: ConfigReader, field: Field): ConfiguredCommand {
  const map = reader.map(field, ["command", "timeout"]);
  const timeout = map.optional("timeout");
  return {
    argv: reader.argv(map.required("command")),
    timeoutMs: timeout === undefined ? usualTimeoutMs : reader.duration(timeout, { most: "12 h" }),
  };
}

function readBackup(reader: ConfigReader, field: Field): BackupConfig {
  const map = reader.map(field, ["command", "timeout", "file"]);
  const [file, timeout] = [map.optional("file"), map.optional("timeout")];
  return {
    argv: reader.argv(map.required("command")),
    timeoutMs: timeout === undefined ? usualTimeoutMs : reader.duration(timeout, { most: "12 h" }),
    file: file === undefined ? undefined : reader.path(file),
  };
}

function readSource(reader: ConfigReader, field: Field): Source {
  const map = reader.map(field, ["file", "command", "timeout"]);
  const file = map.optional("file");
  const command = map.optional("command");
  if ((file === undefined) === (command === undefined)) {
    reader.refuse(field, "needs a file or a command", "write { file: ... } or { command: [...] }");
  }
  if (file !== undefined) return { kind: "file", file: reader.path(file) };
  return { kind: "command", command: readCommand(reader, field) };
}

function readOverrideRules(reader: ConfigReader, field: Field): OverrideRules {
  const map = reader.map(field, ["by", "longest", "lifts"]);
  const someOf = <T>(key: "by" | "lifts", read: (each: Field) => T): readonly T[] => {
    const list = reader.list(map.required(key));
    if (list.length === 0) reader.refuse(map.required(key), "is empty", "name one, or leave override out");
    return list.map(read);
  };
  const name = (each: Field): string => {
    const text = reader.text(each);
    return overrideName.test(text) ? text : reader.refuse(each, "is not a name", "write 1 to 64 printable characters");
  };
  return {
    by: someOf("by", name),
    longestSeconds: BigInt(reader.duration(map.required("longest"), { most: "7 d" }) / 1000),
    lifts: someOf("lifts", (each) => reader.choice(each, overridableBars)),
  };
}

function readRestart(reader: ConfigReader, field: Field): RestartConfig {
  const map = reader.map(field, ["kind", "command", "timeout"]);
  const kind = reader.choice(map.required("kind"), ["image", "machine", "exit", "operator", "simulated"]);
  const command = map.optional("command") ?? map.optional("timeout");
  if (kind !== "image" && kind !== "machine") {
    if (command !== undefined) reader.refuse(command, `means nothing beside kind: ${kind}`, "remove it");
    return { kind };
  }
  const timeout = map.optional("timeout");
  const argv = reader.argv(map.required("command"));
  return { kind, command: { argv, timeoutMs: timeout === undefined ? usualTimeoutMs : reader.duration(timeout) } };
}

function readSelfTest(reader: ConfigReader, field: Field): ConfiguredCommand | "not-tested" {
  if (isText(field)) return reader.choice<"not-tested">(field, ["not-tested"]);
  return readCommand(reader, field);
}

/** Only a scalar has no members to look at. */
const isText = ({ node }: Field): boolean => node !== null && "value" in node;

function readPoll(reader: ConfigReader, field: Field): AgentConfig["poll"] {
  const map = reader.map(field, ["least", "most"]);
  const [least, most] = [map.optional("least"), map.optional("most")];
  const leastMs = least === undefined ? usualPoll.leastMs : reader.duration(least, { most: "1 d" });
  const mostMs = most === undefined ? usualPoll.mostMs : reader.duration(most, { most: "1 d" });
  if (leastMs > mostMs) reader.refuse(field, "has a least that is more than its most", "exchange them");
  return { leastMs, mostMs };
}

function readWindow(reader: ConfigReader, field: Field): MaintenanceWindow {
  const map = reader.map(field, ["days", "from", "to", "zone"]);
  const time = (key: "from" | "to"): number => {
    const at = map.required(key);
    return parseTimeOfDay(reader.text(at)) ?? reader.refuse(at, "is not a time of day", 'write it in quotes: "22:30"');
  };
  const zoneField = map.required("zone");
  const zone = reader.text(zoneField);
  if (!isTimeZone(zone)) reader.refuse(zoneField, "is not a time zone", "write UTC, or a name such as Europe/Vienna");
  const [from, to] = [time("from"), time("to")];
  if (from === to) reader.refuse(field, "ends when it begins", 'for a whole day write from: "00:00" and to: "24:00"');
  return { days: reader.list(map.required("days")).map((day) => reader.choice(day, weekdays)), from, to, zone };
}

function readNotify(reader: ConfigReader, field: Field): NotifyConfig {
  const map = reader.map(field, ["file", "command", "timeout", "syslog"]);
  const file = map.optional("file");
  if (file !== undefined) return { kind: "file", file: reader.path(file) };
  if (map.optional("command") !== undefined) return { kind: "command", command: readCommand(reader, field) };
  const syslog = map.required("syslog");
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(reader.text(syslog)) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    reader.refuse(syslog, "is not host and port", "write such as log.plant.example:514");
  }
  return { kind: "syslog", host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}

function readStagings(reader: ConfigReader, field: Field): StagingRules {
  const map = reader.map(field, ["burst", "rest"]);
  return {
    burst: reader.whole(map.required("burst"), { least: 1, most: 1000 }),
    restMs: reader.duration(map.required("rest")),
  };
}
