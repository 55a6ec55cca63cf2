import { parseUuid, parseVendorId } from "@sumac/suit";
import type { AccessConfig, PlatformConfig } from "./agent-config.ts";
import type { ConfigReader, Field } from "./config-reader.ts";

/** A device at a serial port, which this one updates. */
export interface SecondaryConfig {
  /** For people, and for files. */
  readonly name: string;
  /** Its own name towards the server. */
  readonly controllerId: string;
  readonly port: string;
  readonly baud: number;
  readonly framing: "console" | "raw";
  readonly controlLines: "leave" | "low";
  readonly restartMs: number;
  readonly personality: { readonly kind: "sumac" } | McubootPersonality;
}

/** What a device cannot say or judge itself. */
interface McubootPersonality {
  readonly kind: "mcuboot";
  /** UUIDs, lower-case hex with dashes or without. */
  readonly vendorId: string;
  readonly classId: string;
  /** Files of the public keys that may have signed its releases. */
  readonly trust: readonly string[];
  /** Of its boot loader. */
  readonly imageKeys: readonly string[];
}

const mostSecondaries = 64;
const mcubootKeys = ["vendorId", "classId", "trust", "imageKeys"] as const;

export function readSecondaries(
  reader: ConfigReader,
  field: Field,
  gateway: { readonly access: AccessConfig; readonly controllerId: string; readonly platform: PlatformConfig },
): readonly SecondaryConfig[] {
  const { access } = gateway;
  if (access.kind !== "token" || access.token !== "gateway") {
    reader.refuse(field, "need a token that speaks for several devices", "give token: { file: ..., kind: gateway }");
  }
  const fields = reader.list(field);
  if (fields.length > mostSecondaries) reader.refuse(field, "are too many", `write at most ${mostSecondaries}`);
  const taken = new Set([`controllerId ${gateway.controllerId}`]);
  return fields.map((each) => readSecondary(reader, each, taken));
}

function readSecondary(reader: ConfigReader, field: Field, taken: Set<string>): SecondaryConfig {
  const map = reader.map(field, [
    ...(["name", "controllerId", "port", "personality", "baud", "framing", "controlLines", "restartTime"] as const),
    ...mcubootKeys,
  ]);
  const own = (key: "name" | "controllerId" | "port", read: (at: Field) => string): string => {
    const at = map.required(key);
    const value = read(at);
    if (taken.has(`${key} ${value}`)) {
      reader.refuse(at, `is ${JSON.stringify(value)}, which is somebody else's`, `give each device its own ${key}`);
    }
    taken.add(`${key} ${value}`);
    return value;
  };
  const [baud, framing, lines, restart] = [
    map.optional("baud"),
    map.optional("framing"),
    map.optional("controlLines"),
    map.optional("restartTime"),
  ];
  const personality = map.optional("personality");
  const kind = personality === undefined ? "sumac" : reader.choice(personality, ["sumac", "mcuboot"]);
  const foreign = mcubootKeys.map((key) => map.optional(key)).find((each) => each !== undefined);
  if (kind === "sumac" && foreign !== undefined) {
    reader.refuse(foreign, "is what a device of personality sumac says and judges itself", "remove it");
  }
  return {
    name: own("name", (at) => reader.segment(at)),
    controllerId: own("controllerId", (at) => reader.text(at)),
    port: own("port", (at) => reader.path(at)),
    baud: baud === undefined ? 115_200 : reader.whole(baud, { least: 300, most: 20_000_000 }),
    framing: framing === undefined ? "console" : reader.choice(framing, ["console", "raw"]),
    controlLines: lines === undefined ? "leave" : reader.choice(lines, ["leave", "low"]),
    restartMs: restart === undefined ? 60_000 : reader.duration(restart, { most: "1 h" }),
    personality: kind === "sumac" ? { kind } : readMcuboot(reader, map),
  };
}

function readMcuboot(
  reader: ConfigReader,
  map: {
    required(key: "vendorId" | "classId" | "trust"): Field;
    optional(key: "imageKeys"): Field | undefined;
  },
): McubootPersonality {
  const identifier = (key: "vendorId" | "classId", parse: (text: string) => Uint8Array | undefined): string => {
    const at = map.required(key);
    const text = reader.text(at);
    if (parse(text) === undefined) reader.refuse(at, "is not an identifier", "write the UUID; sumac release inspect");
    return text;
  };
  const files = (at: Field): readonly string[] => reader.list(at).map((each) => reader.path(each));
  const trust = files(map.required("trust"));
  const imageKeys = map.optional("imageKeys");
  return {
    kind: "mcuboot",
    vendorId: identifier("vendorId", parseVendorId),
    classId: identifier("classId", parseUuid),
    trust,
    imageKeys: imageKeys === undefined ? trust : files(imageKeys),
  };
}
