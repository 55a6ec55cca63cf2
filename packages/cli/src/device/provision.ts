import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type DdiClient,
  type Device,
  type DeviceIdentity,
  envelopeArtifact,
  explainDevice,
  type ProvisionRefusal,
} from "@sumac/device";
import { wait } from "@sumac/device/node";
import { classIdOf, type ReleaseDescription, vendorIdOf } from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import { digestOf, formatUuid } from "@sumac/suit";
import { serializeTrustRecord } from "@sumac/verifier";
import type { Arguments, CommandContext, Option } from "../command.ts";
import { defaultDescription, readDescription } from "../description-file.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { exitCode } from "../exit-code.ts";
import { Failure, unavailable, usage } from "../failure.ts";
import { fileChunks } from "../file-chunks.ts";
import type { Io } from "../io.ts";
import { readManifestPayloads } from "../manifest-payloads.ts";
import { findPayloadBeside } from "../payload-beside.ts";
import { allowAlgorithmOption, profileOption, trustFromKeys } from "../trust-from-keys.ts";
import { readTrustRecordFile } from "../trust-record-file.ts";
import {
  type ComponentSettings,
  componentIdOf,
  type DeviceSettings,
  largestImageBytes,
  stateBytes,
} from "./device-settings.ts";

/** Needed for a device that is not made yet, and without effect on one that is. */
export const factoryOptions: readonly Option[] = [
  { name: "id", value: "name", summary: "new device: its name towards the server" },
  { name: "config", value: "file", summary: "new device: description of the product it is (default sumac.yaml)" },
  { name: "trust", value: "file", use: "repeatable", summary: "new device: public key (PEM) that it trusts" },
  {
    name: "trust-record",
    value: "file",
    summary: "new device: the vendor's trust record (sumac trust make), instead of --trust",
  },
  { name: "threshold", value: "n", summary: "new device: how many of the keys must have signed (default 1)" },
  { ...profileOption, summary: `new device: ${profileOption.summary}` },
  allowAlgorithmOption,
  {
    name: "factory",
    value: "file",
    summary: "new device: first release, its payload beside it (default: what the server offers)",
  },
];

/** Identity, floor, boot record and what else the state holds beside the trust record, generously. */
const otherStateBytes = 1024;

/** What the factory would put into a device, read and checked before anything is written. */
export interface FactoryPlan {
  readonly settings: DeviceSettings;
  readonly identity: DeviceIdentity;
  readonly trustRecord: Uint8Array;
  readonly release: FirstRelease | undefined;
}

interface FirstRelease {
  readonly envelope: Uint8Array;
  readonly image: AsyncIterable<Uint8Array>;
}

export async function planFactory(
  given: Arguments,
  id: string | undefined,
  { io }: CommandContext,
): Promise<FactoryPlan> {
  if (id === undefined) {
    throw usage(
      "missing-option",
      "there is no device in this folder yet",
      "make one: --id NAME --trust PUB.pem --config sumac.yaml",
    );
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(id)) {
    throw usage(
      "bad-value",
      `--id ${id} cannot be the name of a device`,
      "use letters, digits, dots, hyphens and underscores",
    );
  }
  const trustRecord = await readTrust(given, io);
  const config = given.option("config") ?? defaultDescription;
  const description = await readDescription(io, config);
  const [component] = description.components;
  if (component === undefined) throw new Error("a release description has a component");
  if (component.maxSize > largestImageBytes) {
    const problem = `the slot of ${component.maxSize} bytes is more than a simulated device has`;
    throw usage("slot-too-large", problem, `give a maxSize of at most ${largestImageBytes} in ${config}`);
  }
  if (description.vendorPen !== undefined) {
    throw usage(
      "vendor-pen-unsupported",
      `${config} has a vendorPen, and a server offers releases by UUIDs only`,
      "leave vendorPen out for the simulated device",
    );
  }
  if (trustRecord.length > stateBytes - otherStateBytes) {
    const problem = `the keys take ${trustRecord.length} bytes, the device has ${stateBytes - otherStateBytes} for them`;
    throw usage("trust-too-large", problem, "trust fewer keys; an ML-DSA-87 key alone has 2592 bytes");
  }
  const factory = given.option("factory");
  return {
    settings: { id, components: componentsOf(description), stateBytes, trustRecord: digestHex(trustRecord) },
    identity: identityOf(description),
    trustRecord,
    release: factory === undefined ? undefined : await readRelease(io, factory),
  };
}

const digestHex = (bytes: Uint8Array): string => bytesToHex(digestOf(nodeCrypto, "sha-256", bytes).bytes);

const componentsOf = ({ components }: ReleaseDescription): readonly ComponentSettings[] =>
  components.map(({ id, maxSize }) => ({ id, bytes: Number(maxSize) }));

function identityOf(description: ReleaseDescription): DeviceIdentity {
  const vendorId = vendorIdOf(description, nodeSha1);
  return {
    vendorIds: [vendorId],
    classIds: [classIdOf(vendorId, description.product, nodeSha1)],
    components: componentsOf(description).map(componentIdOf),
  };
}

/**
 * Options that say something else than what an existing device was made with. The same line may be used again and again;
 * one that would need another device must not pass in silence.
 */
export async function ignoredOptions(
  given: Arguments,
  settings: DeviceSettings,
  identity: DeviceIdentity,
  io: Io,
): Promise<readonly string[]> {
  const ignored: string[] = [];
  const trusted = ["trust", "threshold", "profile", "allow-alg"].filter((name) => given.all(name).length > 0);
  if (trusted.length > 0) {
    const wanted =
      given.all("trust").length === 0
        ? undefined
        : digestHex(serializeTrustRecord(await trustFromKeys(given, "trust", io)));
    if (wanted === undefined || wanted !== settings.trustRecord) ignored.push(...trusted);
  }
  const config = given.option("config");
  if (config !== undefined && !isSame(identityOf(await readDescription(io, config)), identity)) ignored.push("config");
  return ignored;
}

const isSame = (a: DeviceIdentity, b: DeviceIdentity): boolean => identityKey(a) === identityKey(b);

const identityKey = ({ vendorIds, classIds, components }: DeviceIdentity): string =>
  JSON.stringify([vendorIds.map(bytesToHex), classIds.map(bytesToHex), components.map((id) => id.map(bytesToHex))]);

/** A record made of keys alone has no root role: no update can replace it. */
export async function readTrust(given: Arguments, io: Io): Promise<Uint8Array> {
  const name = given.option("trust-record");
  if (name === undefined) return serializeTrustRecord(await trustFromKeys(given, "trust", io));
  if (given.all("trust").length > 0) {
    throw usage("bad-value", "--trust and --trust-record say the same thing twice", "give one of them");
  }
  const { part, bytes } = await readTrustRecordFile(io, name);
  if (part === "vendor") return bytes;
  throw usage("bad-value", `${name} is an owner's part`, "set it later, on site: sumac device own");
}

async function readRelease(io: Io, name: string): Promise<FirstRelease> {
  const envelope = await readEnvelopeFile(io, name);
  const { uris, digests } = readManifestPayloads(envelope);
  const [uri] = uris;
  const file = uri === undefined ? undefined : findPayloadBeside(io, name, uri, digests);
  return {
    envelope,
    image: file === undefined ? nothing() : copies(fileChunks(io, file, { advance: () => undefined })),
  };
}

/** Puts the first release into a new device; what is refused here would be refused at every boot. */
export async function provision(device: Device, plan: FactoryPlan, release: FirstRelease): Promise<void> {
  const { identity, trustRecord } = plan;
  const { envelope, image } = release;
  const provisioned = await device.provision({ identity, trustRecord, envelope, fetch: () => image });
  if (!provisioned.ok) throw provisionFailure(provisioned.error);
}

/**
 * The first release from the server, for a device that left the factory empty. The server is not believed: the release
 * is verified under the trust record like every other.
 */
export async function fetchFirstRelease(
  server: DdiClient,
  plan: FactoryPlan,
  { io, terminal }: CommandContext,
  patience: "once" | "wait",
): Promise<FirstRelease> {
  const [vendorId, classId] = [plan.identity.vendorIds[0], plan.identity.classIds[0]];
  if (vendorId === undefined || classId === undefined) throw new Error("a new device has a vendor and a class");
  await server.putConfig({ vendorId: formatUuid(vendorId), classId: formatUuid(classId) });
  for (let asked = 0; ; asked++) {
    const { deploymentBase, sleepMs } = await server.poll();
    if (deploymentBase !== undefined) {
      const { chunks } = await server.deployment(deploymentBase);
      const artifacts = chunks.flatMap((chunk) => chunk.artifacts);
      const fetch = (name: string): AsyncIterable<Uint8Array> => {
        const artifact = artifacts.find(({ filename }) => filename === name);
        if (artifact !== undefined) return server.download(artifact, { from: 0, signal: io.interrupted });
        throw unavailable(
          "artifact-missing",
          `the server's offer lacks ${name}`,
          "publish the release again, with its payload",
        );
      };
      const envelope = await collect(fetch(envelopeArtifact));
      const [uri] = readManifestPayloads(envelope).uris;
      return { envelope, image: uri === undefined ? nothing() : fetch(uri) };
    }
    if (patience === "once" || io.interrupted.aborted) {
      throw unavailable(
        "no-release",
        "the server offers no release for this device",
        "publish one, or give the first one with --factory",
      );
    }
    if (asked === 0) terminal.note("waiting for a first release on the server");
    await wait(sleepMs, io.interrupted);
  }
}

function provisionFailure(refusal: ProvisionRefusal): Failure {
  const exit = refusal.code === "malformed" ? exitCode.malformed : exitCode.refused;
  return new Failure({ code: refusal.code, ...explainDevice(refusal), exit });
}

const maxEnvelopeBytes = 65536;

/** Nothing beyond what an envelope can have is kept; the verifier refuses what is cut. */
async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part);
    length += part.length;
    if (length > maxEnvelopeBytes) break;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** A slot may keep the end of a chunk until the next one comes. */
export async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield chunk.slice();
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
