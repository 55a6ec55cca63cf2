import type { Result } from "@sumac/cbor";
import { bytesToHex, type Crypto, equalBytes } from "@sumac/crypto";
import {
  actOn,
  askParameters,
  LinkFault,
  readIdentity,
  readVerdict,
  restartDevice,
  type SmpClient,
  type SmpFailure,
  type SumacIdentity,
  type SumacState,
  type SumacVerdict,
  sendEnvelope,
  sendPayload,
} from "@sumac/smp";
import { digestOf, formatUuid, parseEnvelope } from "@sumac/suit";
import { ActionReport, unlessUnwanted } from "./action-report.ts";
import type { AgentEvent } from "./agent-event.ts";
import type { DdiClient } from "./ddi-client.ts";
import type { DdiDeployment } from "./ddi-client-reply.ts";
import { envelopeArtifact, findArtifact, readUpTo } from "./deployment-artifact.ts";
import { GatewayPayload } from "./gateway-payload.ts";
import { RefusalMemory } from "./refusal-memory.ts";
import { Unavailable } from "./unavailable.ts";

/** A device behind the gateway, as its gateway last saw it. */
export type SecondaryStatus =
  /** Nobody asked it yet. */
  | { readonly state: "unknown" }
  /** It does not answer, or what answers is no Sumac device: why. */
  | { readonly state: "unreachable"; readonly code: string }
  | {
      readonly state: SumacState;
      /** Lower-case hex, of the manifest that runs. */
      readonly manifest: string | undefined;
      readonly floor: bigint;
      /** Of a payload that is on its way; bytes. */
      readonly sending?: { readonly done: number; readonly total: number };
    };

export interface SecondaryPorts {
  /** Under the controller id of the secondary itself. */
  readonly server: DdiClient;
  readonly crypto: Crypto;
  /** Opens the line, drained. Throws `LinkFault`. Closed after each round. */
  connect(): Promise<SmpClient>;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** How long a restart may take; milliseconds. */
  readonly restartMs: number;
  observe(event: AgentEvent): void;
  /** Milliseconds since some moment; never set back. */
  uptimeMs(): number;
}

export type SecondaryResult =
  | { readonly did: "nothing" | "held-back" | "passed-over" | "unreachable" }
  | { readonly did: "updated" | "already-installed"; readonly action: string }
  | {
      readonly did: "refused" | "waiting" | "undeliverable" | "reverted";
      readonly action: string;
      readonly code: string;
    };

export type SecondaryRound = SecondaryResult & { readonly sleepMs: number };

/** The largest that any device of the group takes. */
const envelopeLimit = 65_536;
/** A device that asks for a payload again and again is left alone for this round. */
const mostDeliveries = 4;
const lookAgainMs = 250;
/** When the server has not said. */
const defaultSleepMs = 60_000;

/** The line, or the device at its end, fails: the round is over, and the next one goes on where the device is. */
class SecondaryGone extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * Updates one serial device from the gateway's server. The gateway believes neither: what the server offers goes to the
 * device unopened, and the device's own verifier decides. What the server is told is what the device says.
 */
export class GatewaySecondary {
  readonly #ports: SecondaryPorts;
  readonly #report: ActionReport;
  readonly #refused: RefusalMemory;
  #status: SecondaryStatus = { state: "unknown" };
  #attributes = "";

  constructor(ports: SecondaryPorts) {
    this.#ports = ports;
    this.#refused = new RefusalMemory(ports.uptimeMs);
    this.#report = new ActionReport(ports.server, ports.observe);
  }

  get status(): SecondaryStatus {
    return this.#status;
  }

  /** Throws `Unavailable` where the server fails for now. A line that fails is a result. */
  async runOnce(signal: AbortSignal): Promise<SecondaryRound> {
    let client: SmpClient | undefined;
    let sleepMs = defaultSleepMs;
    try {
      client = await this.#ports.connect();
      const identity = await this.#look(client);
      const { server } = this.#ports;
      const poll = await server.poll();
      sleepMs = poll.sleepMs;
      await this.#introduce(identity, poll.configData === undefined ? "if-changed" : "again");
      if (poll.cancelAction !== undefined) return { ...(await this.#cancel(client, poll.cancelAction)), sleepMs };
      if (poll.deploymentBase === undefined) return { did: "nothing", sleepMs };
      const deployment = await unlessUnwanted(server.deployment(poll.deploymentBase));
      if (deployment === undefined) return { did: "nothing", sleepMs };
      const result = await this.#deploy(client, deployment, identity, signal);
      await this.#introduce(await this.#look(client), "if-changed");
      return { ...result, sleepMs };
    } catch (fault) {
      if (!(fault instanceof LinkFault) && !(fault instanceof SecondaryGone)) throw fault;
      this.#status = { state: "unreachable", code: fault.code };
      return { did: "unreachable", sleepMs };
    } finally {
      await client?.close();
    }
  }

  async #look(client: SmpClient): Promise<SumacIdentity> {
    const identity = await answered(readIdentity(client));
    const { state, manifest, floor } = identity;
    this.#status = { state, floor, manifest: manifest === undefined ? undefined : bytesToHex(manifest.bytes) };
    return identity;
  }

  async #introduce(
    { vendorIds, classIds, manifest, floor }: SumacIdentity,
    when: "if-changed" | "again",
  ): Promise<void> {
    const [vendorId, classId] = [vendorIds[0], classIds[0]];
    const attributes: Readonly<Record<string, string>> = {
      ...(vendorId === undefined ? {} : { vendorId: formatUuid(vendorId) }),
      ...(classId === undefined ? {} : { classId: formatUuid(classId) }),
      sequence: String(floor),
      ...(manifest === undefined ? {} : { manifestDigest: bytesToHex(manifest.bytes) }),
    };
    const said = JSON.stringify(attributes);
    if (when === "if-changed" && said === this.#attributes) return;
    await this.#ports.server.putConfig(attributes);
    this.#attributes = said;
    this.#ports.observe({ event: "attributes-sent", attributes });
  }

  async #deploy(
    client: SmpClient,
    deployment: DdiDeployment,
    identity: SumacIdentity,
    signal: AbortSignal,
  ): Promise<SecondaryResult> {
    const action = deployment.actionId;
    if (deployment.download === "skip" || deployment.update === "skip") return { did: "held-back" };
    if (this.#refused.look(action) === "pass-over") return { did: "passed-over" };
    try {
      return await this.#deliver(client, deployment, identity, signal);
    } catch (fault) {
      const final = fault instanceof Unavailable && !fault.retryable && fault.code !== "aborted";
      if (!final) throw fault;
      this.#refused.add(action);
      await this.#report.close(action, "failure", [fault.code]);
      return { did: "undeliverable", action, code: fault.code };
    }
  }

  async #deliver(
    client: SmpClient,
    deployment: DdiDeployment,
    identity: SumacIdentity,
    signal: AbortSignal,
  ): Promise<SecondaryResult> {
    const { server } = this.#ports;
    const action = deployment.actionId;
    const artifact = findArtifact(deployment, envelopeArtifact);
    const envelope = await readUpTo(server.download(artifact, { from: 0, signal }), envelopeLimit);
    const parsed = parseEnvelope(envelope);
    const digest = parsed.ok ? parsed.value.digest.bytes : undefined;
    if (digest !== undefined && identity.state !== "trial" && runs(identity, digest)) {
      this.#refused.add(action);
      await this.#report.close(action, "success", ["running-verified", "already-installed"]);
      return { did: "already-installed", action };
    }
    let verdict = await answered(readVerdict(client));
    if (!isAbout(verdict, digest)) verdict = await this.#offer(client, envelope, signal);
    for (let deliveries = 0; verdict.state === "wants-payload"; deliveries++) {
      if (deliveries === mostDeliveries) throw new SecondaryGone("payload-never-taken");
      verdict = await this.#send(client, deployment, verdict, signal);
    }
    if (verdict.state === "refused" || verdict.state === "waiting")
      return this.#refuse(action, verdict.state, verdict.code);
    if (verdict.state === "staged" || verdict.state === "armed") {
      await this.#report.step(action, "staged");
      verdict = await this.#restart(client, signal);
    }
    if (verdict.state === "trial" && runs(await this.#look(client), digest)) {
      await answered(actOn(client, "confirm"));
      verdict = await answered(readVerdict(client));
    }
    this.#refused.add(action);
    if (verdict.state === "confirmed" && isAbout(verdict, digest)) {
      await this.#report.close(action, "success", ["running-verified"]);
      return { did: "updated", action };
    }
    await this.#report.close(action, "failure", ["rolled-back"]);
    return { did: "reverted", action, code: "rolled-back" };
  }

  async #offer(client: SmpClient, envelope: Uint8Array, signal: AbortSignal): Promise<SumacVerdict> {
    const parameters = await answered(askParameters(client));
    const { bytes: sha256 } = digestOf(this.#ports.crypto, "sha-256", envelope);
    const source = { length: envelope.length, sha256, read: slicesOf(envelope) };
    await answered(sendEnvelope(client, source, { parameters, signal }));
    return answered(readVerdict(client));
  }

  async #send(
    client: SmpClient,
    deployment: DdiDeployment,
    { uri, offset, size }: SumacVerdict & { readonly state: "wants-payload" },
    signal: AbortSignal,
  ): Promise<SumacVerdict> {
    const action = deployment.actionId;
    const artifact = findArtifact(deployment, uri);
    if (artifact.size !== size) throw new Unavailable("artifact-changed", { retryable: false, detail: uri });
    const source = new GatewayPayload(this.#ports.server, artifact, signal);
    const before = this.#status;
    this.#ports.observe({ event: "downloading", action, from: offset, total: size });
    try {
      const parameters = await answered(askParameters(client));
      const options = {
        parameters,
        from: offset,
        signal,
        onProgress: ({ done, total }: { readonly done: number; readonly total: number }) => {
          if ("floor" in before) this.#status = { ...before, state: "wants-payload", sending: { done, total } };
          this.#ports.observe({ event: "progress", action, done, total });
        },
      };
      const sent = await sendPayload(client, uri, source, options);
      // A refusal in the middle: its verdict says why.
      if (!sent.ok && sent.error.code !== "device-error") throw new SecondaryGone(sent.error.code);
      return await answered(readVerdict(client));
    } finally {
      await source.close();
    }
  }

  /** Any answer, or none: what became of it is what the device says afterwards. */
  async #restart(client: SmpClient, signal: AbortSignal): Promise<SumacVerdict> {
    await restartDevice(client);
    for (let waited = 0; ; waited += lookAgainMs) {
      await this.#ports.wait(lookAgainMs, signal);
      const verdict = await readVerdict(client);
      if (verdict.ok && verdict.value.state !== "staged" && verdict.value.state !== "armed") return verdict.value;
      if (signal.aborted || waited >= this.#ports.restartMs) throw new SecondaryGone("no-answer");
    }
  }

  async #refuse(action: string, state: "refused" | "waiting", code: string): Promise<SecondaryResult> {
    if (state === "waiting") await this.#report.waiting(action, code);
    else {
      this.#refused.add(action);
      await this.#report.close(action, "failure", [code]);
    }
    return { did: state, action, code };
  }

  async #cancel(client: SmpClient, href: string): Promise<SecondaryResult> {
    const { server } = this.#ports;
    const { stopId } = await server.cancellation(href);
    const cancelled = await actOn(client, "cancel");
    await server.cancelFeedback(
      stopId,
      cancelled.ok
        ? { execution: "closed", finished: "success", details: ["cancelled"] }
        : { execution: "rejected", finished: "none", details: ["trial-running"] },
    );
    return { did: "nothing" };
  }
}

const slicesOf =
  (bytes: Uint8Array) =>
  async (offset: number, length: number): Promise<Uint8Array> =>
    bytes.subarray(offset, offset + length);

const runs = ({ manifest }: SumacIdentity, digest: Uint8Array | undefined): boolean =>
  digest !== undefined && manifest !== undefined && equalBytes(manifest.bytes, digest);

const isAbout = (verdict: SumacVerdict, digest: Uint8Array | undefined): boolean =>
  digest !== undefined &&
  "manifest" in verdict &&
  verdict.manifest !== undefined &&
  equalBytes(verdict.manifest.bytes, digest);

async function answered<T>(answer: Promise<Result<T, SmpFailure>>): Promise<T> {
  const result = await answer;
  if (result.ok) return result.value;
  throw new SecondaryGone(result.error.code);
}
