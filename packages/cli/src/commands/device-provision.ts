import { nodeCrypto } from "@sumac/crypto/node";
import {
  type DeviceIdentity,
  type FactoryRelease,
  fileProvisioningMark,
  type ProvisioningMark,
  type ProvisioningRecord,
  provisionUnit,
  serializeProvisioningRecord,
} from "@sumac/device";
import { nodeFileSystem } from "@sumac/device/node";
import { parseReleaseDescription } from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import { classIdFor, utcTime, vendorIdFor } from "@sumac/suit";
import { type AgentPlatform, hostClock, openPlatform } from "../agent/agent-platform.ts";
import { readRunningConfig } from "../agent/running-config.ts";
import { tryToMakeFile, writeFileAtomically } from "../atomic-file.ts";
import { readWhole } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { keyStoreOf } from "../device/device-key-file.ts";
import { type ComponentSettings, componentIdOf } from "../device/device-settings.ts";
import { copies, readTrust } from "../device/provision.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";
import { fileChunks } from "../file-chunks.ts";
import { fileState } from "../file-state.ts";
import { hostTime } from "../host-time.ts";
import type { Io } from "../io.ts";
import { readManifestPayloads } from "../manifest-payloads.ts";
import { findPayloadBeside } from "../payload-beside.ts";
import { orFail } from "../signing-failure.ts";
import { allowAlgorithmOption } from "../trust-from-keys.ts";

export const deviceProvision: Command = {
  name: "device provision",
  summary: "put trust record, identity and first release into the device of a configuration",
  operands: [],
  options: [
    { name: "config", value: "file", use: "required", summary: "configuration of its agent (YAML)" },
    { name: "serial", value: "text", use: "required", summary: "serial number, as it stands on the unit" },
    { name: "record", value: "file", use: "required", summary: "write what was written and read back here (JSON)" },
    { name: "product", value: "file", summary: "description of the product (default sumac.yaml)" },
    { name: "factory", value: "file", use: "required", summary: "first release, its payloads beside it" },
    { name: "recovery", value: "file", summary: "first recovery release, its payload beside it" },
    { name: "trust-record", value: "file", summary: "the vendor's trust record (sumac trust make)" },
    { name: "trust", value: "file", use: "repeatable", summary: "instead: public key (PEM) that it trusts" },
    { name: "threshold", value: "n", summary: "with --trust: how many of the keys must have signed (default 1)" },
    allowAlgorithmOption,
  ],
  notes: [
    "Once in a device's life. If it was cut short, the same line again finishes it: what lies in the unit is read back.",
    "The record holds nothing secret; the device's private key never leaves its folder.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const { config } = await readRunningConfig(io, given.required("config"));
  const serial = given.required("serial");
  if (!/^[!-~]{1,64}$/.test(serial)) {
    throw usage("bad-value", "--serial is not a serial number", "use up to 64 letters, digits and signs");
  }
  const file = given.required("record");
  if (fileState(io, file) !== "absent") {
    throw usage("would-overwrite", `${file} is there already`, "each unit has a record of its own; name another file");
  }
  const product = await readProduct(io, given.option("product") ?? "sumac.yaml");
  const components = config.platform.kind === "flash" ? product.components : config.platform.components;
  const identity: DeviceIdentity = { ...product.identity, components: components.map(componentIdOf) };
  const factory = await readFactory(io, given.required("factory"));
  const recovery = given.option("recovery");
  const more = recovery === undefined ? {} : { recovery: await readFactory(io, recovery) };
  const trustRecord = await readTrust(given, io);
  // A unit is provisioned once: without its record it would be one that nobody knows.
  tryToMakeFile(io, file);
  const platform = await openPlatform(config, hostClock, io, components);
  let record: ProvisioningRecord;
  try {
    record = await provision(platform, { identity, trustRecord, ...factory, ...more }, serial);
    await platform.log.flush();
  } finally {
    await platform.close();
  }
  const bytes = new TextEncoder().encode(serializeProvisioningRecord(record));
  writeFileAtomically(io, { name: file, bytes, ifExists: "refuse" });
  if (record.result === "passed") await markOf(platform).clear();
  if (record.result === "failed") throw failed(record, file);
  terminal.json({ ...record, file });
  terminal.line(`provisioned ${serial}: sequence ${record.written?.release.sequence}, key ${record.deviceKey?.keyId}`);
  terminal.line(`  what was written was read back the same; the record is ${file}`);
  return exitCode.ok;
}

const provision = (
  { device, slots, state, folder }: AgentPlatform,
  factory: Parameters<typeof provisionUnit>[1],
  serial: string,
): Promise<ProvisioningRecord> => {
  const parts = { device, slots, state, crypto: nodeCrypto, keys: keyStoreOf(folder), mark: markOf({ folder }) };
  return provisionUnit(parts, factory, { serial, time: utcTime(hostTime()) });
};

const markOf = ({ folder }: Pick<AgentPlatform, "folder">): ProvisioningMark =>
  fileProvisioningMark(nodeFileSystem, folder);

function failed({ reason }: ProvisioningRecord, file: string): Failure {
  const code = reason ?? "read-back-differs";
  const remedy = `see ${file}; a unit that was provisioned before is left as it is`;
  return new Failure({ code, problem: `the unit was not provisioned: ${code}`, remedy, exit: exitCode.refused });
}

interface Product {
  readonly identity: Omit<DeviceIdentity, "components">;
  readonly components: readonly ComponentSettings[];
}

async function readProduct(io: Io, name: string): Promise<Product> {
  const description = orFail(parseReleaseDescription(await readWhole(io, name, "a release description", 65_536)));
  const vendorId = vendorIdFor(description.vendor, nodeSha1);
  return {
    identity: { vendorIds: [vendorId], classIds: [classIdFor(vendorId, description.product, nodeSha1)] },
    components: description.components.map(({ id, maxSize }) => ({ id, bytes: Number(maxSize) })),
  };
}

async function readFactory(io: Io, name: string): Promise<FactoryRelease> {
  const envelope = await readEnvelopeFile(io, name);
  const { uris, digests } = readManifestPayloads(envelope);
  const files = new Map(uris.map((uri) => [uri, findPayloadBeside(io, name, uri, digests)]));
  return {
    envelope,
    fetch: (_from, { uri }) => {
      const file = files.get(uri);
      if (file === undefined) throw new Error(`the manifest names ${uri} only when it is carried out`);
      return copies(fileChunks(io, file, { advance: () => undefined }));
    },
  };
}
