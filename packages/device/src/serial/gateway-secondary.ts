import { bytesToHex, type Crypto } from "@sumac/crypto";
import { LinkFault, type SmpClient, type SumacState } from "@sumac/smp";
import { formatUuid } from "@sumac/suit";
import { ActionReport, unlessUnwanted } from "../agent/action-report.ts";
import type { AgentEvent } from "../agent/agent-event.ts";
import { type BackOff, backOffMs, sleepWithJitterMs } from "../agent/back-off.ts";
import { envelopeArtifact, findArtifact, readUpTo } from "../agent/deployment-artifact.ts";
import { RefusalMemory } from "../agent/refusal-memory.ts";
import type { DdiClient } from "../ddi/ddi-client.ts";
import type { DdiDeployment } from "../ddi/ddi-client-reply.ts";
import type { InstallSubject } from "../operator/install-wait.ts";
import { advisedTarget, checkListedBytes, type TargetRepository } from "../repository/listed-target.ts";
import { byRepository } from "../repository/repository-refusal.ts";
import { Unavailable } from "../unavailable.ts";
import { type SecondaryEvent, SecondaryTelling } from "./secondary-event.ts";
import {
  type SecondaryFacts,
  SecondaryGone,
  type SecondaryOutcome,
  type SecondaryPeer,
  type SecondaryStep,
  type SecondaryWait,
  unlisted,
} from "./secondary-peer.ts";

/** A device behind the gateway, as its gateway last saw it. */
export type SecondaryStatus =
  /** Nobody asked it yet. */
  | { readonly state: "unknown" }
  /** It does not answer, or what answers is another kind of device: why. */
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
  readonly peer: SecondaryPeer;
  readonly crypto: Crypto;
  /** Asked for every order, before its envelope is fetched; absent = the gateway is not to ask one. */
  readonly repository?: { find(path: string): ReturnType<TargetRepository["find"]> };
  /** Opens the line, drained. Throws `LinkFault`. Closed after each round. */
  connect(): Promise<SmpClient>;
  /** Whether the people and the process here allow this step; asked before each. */
  mayProceed(step: SecondaryStep, subject: InstallSubject): Promise<"granted" | SecondaryWait>;
  observe(event: AgentEvent): void;
  /** For the gateway's own log: each thing once for an action. */
  record(event: SecondaryEvent): void;
  /** Milliseconds since some moment; never set back. */
  uptimeMs(): number;
  /** Until a device that does not answer is asked again; milliseconds. */
  readonly lookAgainMs: number;
  /** Returns after `ms`, or when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to 1, for jitter only. */
  random(): number;
}

export type SecondaryResult =
  | { readonly did: "nothing" | "held-back" | "passed-over" | "cancelled" | "unreachable" }
  | { readonly did: "updated" | "already-installed"; readonly action: string }
  | {
      readonly did: "refused" | "waiting" | "undeliverable" | "reverted";
      readonly action: string;
      readonly code: string;
    };

export type SecondaryRound = SecondaryResult & { readonly sleepMs: number };

/** The largest that any device of the group takes. */
const envelopeLimit = 65_536;
const backOff: BackOff = { firstMs: 1000, largestMs: 300_000 };

/** Updates one serial device from the gateway's server, which hears of it under the device's own name. */
export class GatewaySecondary {
  readonly #ports: SecondaryPorts;
  readonly #report: ActionReport;
  readonly #refused: RefusalMemory;
  readonly #record: SecondaryTelling;
  #status: SecondaryStatus = { state: "unknown" };
  #attributes = "";

  constructor(ports: SecondaryPorts) {
    this.#ports = ports;
    this.#refused = new RefusalMemory(ports.uptimeMs);
    this.#report = new ActionReport(ports.server, ports.observe);
    this.#record = new SecondaryTelling((event) => ports.record(event));
  }

  get status(): SecondaryStatus {
    return this.#status;
  }

  /** Rounds until the signal is aborted; each is told. A server that fails is asked again, later and later. */
  async run(signal: AbortSignal, told: (round: SecondaryRound) => void): Promise<void> {
    const { wait, random, observe } = this.#ports;
    let failures = 0;
    while (!signal.aborted) {
      let waitMs: number;
      try {
        const round = await this.runOnce(signal);
        told(round);
        failures = 0;
        waitMs = sleepWithJitterMs(round.sleepMs, random());
      } catch (fault) {
        if (!(fault instanceof Unavailable)) throw fault;
        if (signal.aborted && fault.code === "aborted") return;
        failures++;
        waitMs = backOffMs(failures, backOff, random(), fault.retryAfterMs);
        observe({ event: "retrying", fault, inMs: waitMs });
      }
      await wait(waitMs, signal);
    }
  }

  /** Throws `Unavailable` where the server fails for now. A line that fails is a result. */
  async runOnce(signal: AbortSignal): Promise<SecondaryRound> {
    let client: SmpClient | undefined;
    let sleepMs = this.#ports.lookAgainMs;
    try {
      client = await this.#ports.connect();
      const facts = await this.#look(client);
      const { server } = this.#ports;
      const poll = await server.poll();
      sleepMs = poll.sleepMs;
      await this.#introduce(facts, poll.configData === undefined ? "if-changed" : "again");
      if (poll.cancelAction !== undefined) return { ...(await this.#cancel(client, poll.cancelAction)), sleepMs };
      if (poll.deploymentBase === undefined) return { did: "nothing", sleepMs };
      const deployment = await unlessUnwanted(server.deployment(poll.deploymentBase));
      if (deployment === undefined) return { did: "nothing", sleepMs };
      const result = await this.#deploy(client, deployment, signal);
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

  async #look(client: SmpClient): Promise<SecondaryFacts> {
    const facts = await this.#ports.peer.look(client);
    const { state, manifest, floor } = facts;
    this.#status = { state, floor, manifest: manifest === undefined ? undefined : bytesToHex(manifest) };
    return facts;
  }

  async #introduce(
    { vendorId, classId, manifest, floor }: SecondaryFacts,
    when: "if-changed" | "again",
  ): Promise<void> {
    const attributes: Readonly<Record<string, string>> = {
      ...(vendorId === undefined ? {} : { vendorId: formatUuid(vendorId) }),
      ...(classId === undefined ? {} : { classId: formatUuid(classId) }),
      sequence: String(floor),
      ...(manifest === undefined ? {} : { manifestDigest: bytesToHex(manifest) }),
    };
    const said = JSON.stringify(attributes);
    if (when === "if-changed" && said === this.#attributes) return;
    await this.#ports.server.putConfig(attributes);
    this.#attributes = said;
    this.#ports.observe({ event: "attributes-sent", attributes });
  }

  async #deploy(client: SmpClient, deployment: DdiDeployment, signal: AbortSignal): Promise<SecondaryResult> {
    const action = deployment.actionId;
    if (deployment.download === "skip" || deployment.update === "skip") return { did: "held-back" };
    if (this.#refused.look(action) === "pass-over") return { did: "passed-over" };
    try {
      const { outcome, subject } = await this.#deliver(client, deployment, signal);
      this.#recordOutcome(action, outcome, subject);
      return { ...(await this.#tell(action, outcome)), action };
    } catch (fault) {
      const final = fault instanceof Unavailable && !fault.retryable && fault.code !== "aborted";
      // A ledger that cannot be written is the gateway's own trouble, and says nothing about the update.
      if (!final || fault.code.startsWith("storage-")) throw fault;
      this.#refused.add(action);
      this.#record.tell({ event: "failed", action, code: fault.code });
      await this.#report.close(action, "failure", [fault.code]);
      return { did: "undeliverable", action, code: fault.code };
    }
  }

  async #deliver(
    client: SmpClient,
    deployment: DdiDeployment,
    signal: AbortSignal,
  ): Promise<{ readonly outcome: SecondaryOutcome; readonly subject: InstallSubject | undefined }> {
    const { server, peer, crypto, observe } = this.#ports;
    const action = deployment.actionId;
    const listed = await this.#lookUp(deployment);
    if (listed?.ok === false) return { outcome: unlisted(listed.error), subject: undefined };
    const artifact = findArtifact(deployment, envelopeArtifact);
    const envelope = await readUpTo(server.download(artifact, { from: 0, signal }), envelopeLimit);
    this.#record.tell({ event: "received", action, size: envelope.length });
    const differs = listed && checkListedBytes(envelope, listed.value, crypto);
    if (differs !== undefined) return { outcome: unlisted(differs), subject: undefined };
    const before = this.#status;
    let subject: InstallSubject | undefined;
    const outcome = await peer.deliver({
      client,
      server,
      deployment,
      envelope,
      listed: listed?.value,
      signal,
      mayProceed: async (step, about) => {
        subject = about;
        const may = await this.#ports.mayProceed(step, about);
        if (may === "granted") this.#record.tell({ event: "started", action, step, subject: about });
        return may;
      },
      staged: async () => void (await this.#report.step(action, "staged")),
      sending: (done, total) => {
        if ("floor" in before) this.#status = { ...before, state: "wants-payload", sending: { done, total } };
        observe({ event: "progress", action, done, total });
      },
    });
    return { outcome, subject };
  }

  /** What the vendor's repository says of an order: the device at the end of the line cannot ask it. */
  async #lookUp(deployment: DdiDeployment): Promise<Awaited<ReturnType<TargetRepository["find"]>> | undefined> {
    const { repository } = this.#ports;
    if (repository === undefined) return undefined;
    const target = advisedTarget(deployment);
    if (target === undefined) return { ok: false, error: byRepository({ code: "target-not-named" }) };
    return repository.find(target);
  }

  /** Before the server is told, which may fail: what was done here was done. */
  #recordOutcome(action: string, outcome: SecondaryOutcome, subject: InstallSubject | undefined): void {
    const about = { action, ...(subject === undefined ? {} : { subject }) };
    if (!("code" in outcome)) this.#record.tell({ event: "confirmed", ...about, how: outcome.did });
    else {
      const { did, code } = outcome;
      const by = "judgedBy" in outcome ? { judgedBy: outcome.judgedBy } : {};
      this.#record.tell({ event: outcomes[did], ...about, code, ...by });
    }
  }

  async #tell(action: string, outcome: SecondaryOutcome): Promise<SecondaryOutcome> {
    switch (outcome.did) {
      case "waiting":
        await this.#report.waiting(action, outcome.code);
        return outcome;
      case "updated":
        this.#refused.add(action);
        await this.#report.close(action, "success", ["running-verified"]);
        return outcome;
      case "already-installed":
        this.#refused.add(action);
        await this.#report.close(action, "success", ["running-verified", "already-installed"]);
        return outcome;
      default:
        this.#refused.add(action);
        await this.#report.close(action, "failure", [outcome.code]);
        return outcome;
    }
  }

  async #cancel(client: SmpClient, href: string): Promise<SecondaryResult> {
    const { server, peer } = this.#ports;
    const { stopId } = await server.cancellation(href);
    const cancelled = (await peer.cancel(client)) === "cancelled";
    await server.cancelFeedback(
      stopId,
      cancelled
        ? { execution: "closed", finished: "success", details: ["cancelled"] }
        : { execution: "rejected", finished: "none", details: ["trial-running"] },
    );
    return { did: cancelled ? "cancelled" : "nothing" };
  }
}

const outcomes = { waiting: "waiting", refused: "refused", reverted: "failed" } as const;
