import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type AgentEvent,
  type EventLog,
  fileSecondaryLedger,
  GatewaySecondary,
  McubootSecondary,
  type SecondaryPeer,
  type SecondaryPorts,
  type SecondaryRound,
  SumacSecondary,
  secondaryLogEntry,
} from "@sumac/device";
import { nodeFileSystem, openGatewayLine, wait } from "@sumac/device/node";
import { parseUuid, parseVendorId } from "@sumac/suit";
import { checkTrustRecord, trustKey } from "@sumac/verifier";
import type { CommandContext } from "../command.ts";
import { eventJson } from "../device/describe-event.ts";
import { type SecondaryFacts, writeSecondaries } from "../device/secondary-states.ts";
import { malformedInput } from "../failure.ts";
import { readPublicKey } from "../public-key-file.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { AgentConnection } from "./agent-connection.ts";
import type { SecondaryConfig } from "./secondary-config.ts";

export interface SecondariesPorts {
  readonly connection: AgentConnection;
  /** Of the gateway itself. */
  readonly folder: string;
  /** Of the gateway itself. */
  readonly log: Pick<EventLog, "note">;
  readonly mayProceed: SecondaryPorts["mayProceed"];
  /** The gateway's own; undefined = it is not to ask one, for itself or for others. */
  readonly repository: SecondaryPorts["repository"];
  uptimeMs(): number;
  trustedTime(): bigint | undefined;
}

interface Tended {
  readonly config: SecondaryConfig;
  readonly device: GatewaySecondary;
  /** What it was last said to be, for people. */
  said: string;
  did: SecondaryRound["did"] | "nothing-yet";
}

/** Between two notes of how far a payload has come; milliseconds. */
const noteProgressMs = 2000;

/** The devices at the serial ports of a gateway, each at its own pace. What is known of them lies in the gateway's folder. */
export class Secondaries {
  readonly #ports: SecondariesPorts;
  readonly #context: CommandContext;
  readonly #tended: readonly Tended[];
  #written = "";
  #notedMs = Number.NEGATIVE_INFINITY;

  private constructor(
    ports: SecondariesPorts,
    context: CommandContext,
    configs: readonly [SecondaryConfig, SecondaryPeer][],
    lookAgainMs: number,
  ) {
    this.#ports = ports;
    this.#context = context;
    this.#tended = configs.map(([config, peer]) => ({
      config,
      device: this.#device(config, peer, lookAgainMs),
      said: "",
      did: "nothing-yet",
    }));
    this.#note();
  }

  /** Throws `Failure` for a key that cannot be read. */
  static async open(
    { secondaries, poll }: AgentConfig,
    ports: SecondariesPorts,
    context: CommandContext,
  ): Promise<Secondaries> {
    const configs: [SecondaryConfig, SecondaryPeer][] = [];
    for (const config of secondaries) configs.push([config, await peerOf(config, ports, context)]);
    return new Secondaries(ports, context, configs, poll.leastMs);
  }

  /** Until the signal is aborted. Rejects for bugs only. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#tended.map((each) => each.device.run(signal, (round) => this.#tell(each, round))));
  }

  /** One round each; two where the server was only told what the device is. */
  async once(signal: AbortSignal): Promise<void> {
    for (const each of this.#tended) {
      const before = each.device.status.state;
      const round = await each.device.runOnce(signal);
      const isNew = before === "unknown" && round.did === "nothing";
      this.#tell(each, isNew ? await each.device.runOnce(signal) : round);
    }
  }

  #device(config: SecondaryConfig, peer: SecondaryPeer, lookAgainMs: number): GatewaySecondary {
    const { connection, log, mayProceed, repository, uptimeMs } = this.#ports;
    const { name, port, baud, framing, controlLines } = config;
    return new GatewaySecondary({
      server: connection.serverFor(config.controllerId),
      peer,
      crypto: nodeCrypto,
      ...(repository === undefined ? {} : { repository }),
      connect: () => openGatewayLine({ path: port, baud, framing, controlLines }),
      mayProceed,
      observe: (event) => this.#observe(config, event),
      record: (event) => log.note(secondaryLogEntry(name, event)),
      uptimeMs,
      lookAgainMs,
      wait,
      random: Math.random,
    });
  }

  #observe({ name }: SecondaryConfig, event: AgentEvent): void {
    const { terminal } = this.#context;
    if (event.event === "progress") {
      const now = this.#ports.uptimeMs();
      if (now - this.#notedMs < noteProgressMs) return;
      this.#notedMs = now;
      this.#note();
    }
    // The name of the event is the gateway's own: whoever waits for `confirmed` waits for the gateway itself.
    const { event: what, ...facts } = eventJson(event) as { readonly event: string };
    terminal.jsonLine({ event: "secondary-event", name, what, ...facts });
  }

  #tell(each: Tended, round: SecondaryRound): void {
    const { terminal } = this.#context;
    const facts = factsOf(each);
    each.did = round.did;
    const code = "code" in round ? round.code : facts.code;
    const words = `${round.did} ${facts.state} ${code ?? ""}`;
    const isNews = words !== each.said || round.did === "updated";
    each.said = words;
    this.#note();
    if (!isNews) return;
    const { name, controllerId } = each.config;
    terminal.jsonLine({ event: "secondary", ...facts, did: round.did, ...(code === undefined ? {} : { code }) });
    const why = code === undefined ? "" : `, ${code}`;
    const did = round.did === "nothing" || round.did === facts.state ? "" : `${round.did.replaceAll("-", " ")}; `;
    terminal.line(
      `secondary ${name} (${controllerId}): ${did}${facts.state}${why}, sequence ${facts.floor ?? "unknown"}`,
    );
  }

  /** For `sumac device status`; written when something has changed. */
  #note(): void {
    const facts = this.#tended.map(factsOf);
    const text = JSON.stringify(facts, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
    if (text === this.#written) return;
    this.#written = text;
    writeSecondaries(this.#context.io, this.#ports.folder, facts);
  }
}

function factsOf({ config, device: { status } }: Tended): SecondaryFacts {
  const { name, controllerId, port, personality } = config;
  return { name, controllerId, port, personality: personality.kind, ...status };
}

async function peerOf(
  { name, restartMs, personality }: SecondaryConfig,
  { folder, trustedTime }: SecondariesPorts,
  { io }: CommandContext,
): Promise<SecondaryPeer> {
  const ports = { crypto: nodeCrypto, wait, restartMs };
  if (personality.kind === "sumac") return new SumacSecondary(ports);
  const keys = await Promise.all(personality.trust.map((file) => readPublicKey(io, file)));
  const role = {
    name: "release",
    purpose: "release",
    threshold: 1,
    keys: keys.map((key) => trustKey(key, nodeCrypto)),
    components: "any",
  } as const;
  const trust = checkTrustRecord({ roles: [role], legacyAlgorithms: [] });
  if (!trust.ok) {
    const problem = `the keys of secondary ${name} cannot be used together: ${trust.error.code}`;
    throw malformedInput("config-bad-value", problem, "name each key once, of one kind");
  }
  const [vendorId, classId] = [parseVendorId(personality.vendorId), parseUuid(personality.classId)];
  if (vendorId === undefined || classId === undefined) throw new Error("the configuration was read strictly");
  return new McubootSecondary({
    ...ports,
    trust: trust.value,
    vendorId,
    classId,
    imageKeys: await Promise.all(personality.imageKeys.map((file) => readPublicKey(io, file))),
    ledger: fileSecondaryLedger(nodeFileSystem, path.resolve(folder), name),
    trustedTime,
  });
}
