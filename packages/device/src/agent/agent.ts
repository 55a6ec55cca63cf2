import { err } from "@sumac/cbor";
import { bytesToHex, equalBytes } from "@sumac/crypto";
import type { Operations } from "@sumac/verifier";
import type { DdiDeployment } from "../ddi/ddi-client-reply.ts";
import type { BootOutcome } from "../device/boot-device.ts";
import type { DeviceRefusal, Offer } from "../device/offer.ts";
import { mayPass } from "../device/waiting-refusal.ts";
import type { InstallSubject, InstallWait } from "../operator/install-wait.ts";
import { liftedBars, liftedOperations } from "../operator/override.ts";
import { advisedTarget, type TargetRepository } from "../repository/listed-target.ts";
import { byRepository } from "../repository/repository-refusal.ts";
import type { TrustOffer } from "../trust/trust-update.ts";
import { Unavailable } from "../unavailable.ts";
import { ActionReport, unlessUnwanted } from "./action-report.ts";
import type { AgentPorts } from "./agent-ports.ts";
import { type BackOff, backOffMs, sleepWithJitterMs } from "./back-off.ts";
import { envelopeArtifact, findArtifact, readUpTo } from "./deployment-artifact.ts";
import { deviceAttributes } from "./device-attributes.ts";
import { RefusalMemory } from "./refusal-memory.ts";

/** What a round came to. */
export type RoundResult =
  | { readonly did: "nothing" }
  /** The server offers what was refused before, or says itself that it is not yet time. */
  | { readonly did: "passed-over" | "held-back"; readonly action: string }
  | { readonly did: "updated" | "already-installed" | "cancelled"; readonly action: string }
  /** Everything is in place, but the device may not restart yet. */
  | { readonly did: "installed"; readonly action: string }
  /** The new image did not prove itself; the old one runs. */
  | { readonly did: "reverted"; readonly action: string }
  | { readonly did: "refused"; readonly action: string; readonly refusal: DeviceRefusal }
  | { readonly did: "waiting"; readonly action: string; readonly refusal: DeviceRefusal | InstallWait }
  | { readonly did: "undeliverable"; readonly action: string; readonly fault: Unavailable }
  | { readonly did: "recovery-needed"; readonly outcome: BootOutcome };

/** With what the server asked: how long to sleep. */
export type Round = RoundResult & { readonly sleepMs: number };

interface HeldOffer {
  readonly action: string;
  readonly operations: Operations | undefined;
  /** Its id. */
  readonly override: string | undefined;
  readonly refusal: DeviceRefusal;
}

const backOff: BackOff = { firstMs: 1000, largestMs: 300_000 };

/**
 * The update agent: poll, verify, download, stage, arm, restart, confirm, report. It may be killed anywhere: what it has
 * to remember lies in the device's state. The server's word is advice; the device decides, and reports what it decided.
 */
export class Agent {
  readonly #ports: AgentPorts;
  readonly #report: ActionReport;
  readonly #refused: RefusalMemory;
  #booted: BootOutcome;
  #selfTest: "passed" | "failed" | "none" = "none";
  /** Told once, however often it is asked for. */
  #restarting: "not-asked" | "postponed" = "not-asked";
  /** Waits for the plant: not looked at again before its answer is another one. */
  #held: HeldOffer | undefined;
  /** What the server was told is not stored: a new run tells it again. */
  #attributes: "told" | "changed" = "changed";

  constructor(ports: AgentPorts) {
    this.#ports = ports;
    this.#report = new ActionReport(ports.server, ports.observe);
    this.#refused = new RefusalMemory(ports.uptimeMs);
    this.#booted = ports.booted;
  }

  /**
   * Rounds until the signal is aborted or the device needs recovery; answers with the last boot. Every wait is bounded
   * and none is zero. Throws only `Unavailable` of the storage: switch the device off and on.
   */
  async run(signal: AbortSignal): Promise<BootOutcome> {
    const { wait, random, observe } = this.#ports;
    let failures = 0;
    while (!signal.aborted) {
      let waitMs: number;
      try {
        const round = await this.runOnce(signal);
        if (round.did === "recovery-needed") break;
        failures = 0;
        waitMs = sleepWithJitterMs(round.sleepMs, random());
      } catch (fault) {
        if (signal.aborted && fault instanceof Unavailable && fault.code === "aborted") break;
        if (!(fault instanceof Unavailable) || isStorageFault(fault)) throw fault;
        failures++;
        waitMs = backOffMs(failures, backOff, random(), fault.retryAfterMs);
        observe({ event: "retrying", fault, inMs: waitMs });
      }
      await wait(waitMs, signal);
    }
    return this.#booted;
  }

  /** One round. Throws `Unavailable` where server or storage fail for now; the next round goes on where this one stopped. */
  async runOnce(signal: AbortSignal = new AbortController().signal): Promise<Round> {
    const { device, server, observe, trustedTime } = this.#ports;
    const finished = await this.#finishUpdate();
    if (finished.did === "recovery-needed") return { ...finished, sleepMs: 0 };
    const poll = await server.poll();
    const { sleepMs } = poll;
    observe({ event: "polled", sleepMs });
    await device.keepTime({ clock: trustedTime() });
    if (poll.configData !== undefined || this.#attributes === "changed") await this.#sendAttributes();
    if (finished.did !== "nothing" && finished.did !== "installed") return { ...finished, sleepMs };
    if (poll.cancelAction !== undefined) return { ...(await this.#cancel(poll.cancelAction)), sleepMs };
    if (finished.did === "installed" || poll.deploymentBase === undefined) return { ...finished, sleepMs };
    const deployment = await unlessUnwanted(server.deployment(poll.deploymentBase));
    // What the attributes said may have shown the server that there is nothing to do.
    if (deployment === undefined) return { did: "nothing", sleepMs };
    const result = await this.#deploy(deployment, signal);
    if (result.did === "updated" && this.#attributes === "changed") await this.#sendAttributes();
    return { ...result, sleepMs };
  }

  /** Brings an update to its end that was armed, by this run or an earlier one. */
  async #finishUpdate(): Promise<RoundResult> {
    if (this.#booted.kind !== "running") return { did: "recovery-needed", outcome: this.#booted };
    const { device } = this.#ports;
    const { boot, report } = device.status();
    if (boot.state === "armed" && (await this.#restart()) === "postponed") {
      return { did: "installed", action: report?.action ?? "" };
    }
    if (this.#booted.kind === "running" && device.status().mode === "trial") await this.#judgeTrial();
    if (this.#booted.kind !== "running") return { did: "recovery-needed", outcome: this.#booted };
    // Still on trial: it failed, and there is nothing to go back to.
    return device.status().mode === "trial" ? { did: "nothing" } : this.#reportOutcome();
  }

  async #judgeTrial(): Promise<void> {
    const { device, observe, selfTest } = this.#ports;
    const { running } = device.status();
    this.#selfTest = await selfTest(running);
    observe({ event: "self-tested", image: running, result: this.#selfTest });
    if (this.#selfTest === "failed") {
      // The boot goes back by itself, because nobody confirmed.
      await this.#restart();
      return;
    }
    const confirmed = await device.confirm();
    if (!confirmed.ok) throw new Error("the trial ended behind the agent's back");
    this.#attributes = "changed";
    observe({ event: "confirmed", image: running });
  }

  async #restart(): Promise<"restarted" | "postponed"> {
    const outcome = await this.#ports.restart();
    if (outcome === "postponed") {
      if (this.#restarting === "not-asked") this.#ports.observe({ event: "restart-postponed" });
      this.#restarting = "postponed";
      return "postponed";
    }
    this.#restarting = "not-asked";
    this.#booted = outcome;
    this.#ports.observe({ event: "booted", outcome });
    return "restarted";
  }

  /** Tells the server how the last armed update ended. Only what runs, confirmed, is a success. */
  async #reportOutcome(): Promise<RoundResult> {
    const { device } = this.#ports;
    const { report, running } = device.status();
    if (report === undefined) return { did: "nothing" };
    const { action, manifestDigest } = report;
    const updated = equalBytes(manifestDigest, running.manifestDigest);
    if (updated) await this.#report.close(action, "success", ["running-verified"]);
    else await this.#report.close(action, "failure", ["rolled-back", ...this.#whyReverted()]);
    await device.forgetReport();
    if (!updated) this.#refused.add(manifestName(manifestDigest));
    return { did: updated ? "updated" : "reverted", action };
  }

  /** As far as this run has seen it: a run that began after the device went back does not know. */
  #whyReverted(): string[] {
    if (this.#selfTest === "failed") return ["self-test-failed"];
    if (this.#booted.kind !== "running" || this.#booted.why === "active" || this.#booted.why === "goes-on") {
      return [];
    }
    const refused = this.#booted.events.find((event) => event.event === "slot-refused");
    return [this.#booted.why === "staging-unusable" && refused !== undefined ? refused.problem.code : this.#booted.why];
  }

  async #deploy(deployment: DdiDeployment, signal: AbortSignal): Promise<RoundResult> {
    const { device, server, observe, trustedTime, operations } = this.#ports;
    const action = deployment.actionId;
    if (deployment.download === "skip" || deployment.update === "skip") {
      observe({ event: "held-back", action });
      return { did: "held-back", action };
    }
    const plant = await operations();
    const override = plant && (await this.#ports.overrides?.current());
    const held = this.#held;
    if (held?.action === action && held.override === override?.id && sameOperations(held.operations, plant)) {
      return { did: "waiting", action, refusal: held.refusal };
    }
    this.#held = undefined;
    if (this.#refused.look(actionName(action)) === "pass-over") return this.#passOver(action);
    const reception = this.#ports.mayReceive?.() ?? "granted";
    if (reception !== "granted") return this.#wait(action, reception);

    const now = trustedTime();
    const listed = await this.#lookUp(deployment, now);
    if (listed?.ok === false) {
      device.refuse(listed.error);
      return this.#refuse(action, listed.error);
    }
    const envelope = await this.#deliver(action, async () =>
      readUpTo(server.download(findArtifact(deployment, envelopeArtifact), { from: 0, signal }), device.envelopeLimit),
    );
    if (envelope instanceof Unavailable) return { did: "undeliverable", action, fault: envelope };
    const bars = plant === undefined || override === undefined ? [] : liftedBars(plant, override.lifts);
    const received = device.receive(envelope, {
      ...(now === undefined ? {} : { now }),
      ...(listed === undefined ? {} : { listed: listed.value }),
      ...(plant === undefined ? {} : { operations: plant }),
      ...(plant === undefined || override === undefined || bars.length === 0
        ? {}
        : { override: { ...override, operations: liftedOperations(plant, override.lifts) } }),
    });
    if (!received.ok) {
      const { error } = received;
      if (error.code === "outside-window" || error.code === "interlock") {
        this.#held = { action, operations: plant, override: override?.id, refusal: error };
      }
      return this.#refuse(action, error);
    }
    if (received.value.kind === "offer" && override !== undefined) {
      this.#ports.overrides?.used(override, bars, "install");
    }
    if (received.value.kind === "offer") return this.#install(deployment, received.value.offer, signal);
    if (received.value.kind === "trust-offer") return this.#applyTrust(deployment, received.value.offer, signal);
    observe({ event: "already-installed", action });
    this.#refused.add(actionName(action));
    await this.#report.close(action, "success", ["running-verified", "already-installed"]);
    return { did: "already-installed", action };
  }

  /** What the vendor's repository says of an order, wherever this device has to ask it. */
  async #lookUp(
    deployment: DdiDeployment,
    now: bigint | undefined,
  ): Promise<Awaited<ReturnType<TargetRepository["find"]>> | undefined> {
    const { repository, device } = this.#ports;
    if (repository === undefined) return undefined;
    const target = advisedTarget(deployment);
    if (target === undefined) return err(byRepository({ code: "target-not-named" }));
    return repository.find(target, device.time(now));
  }

  /** In force as soon as it is stored: no restart, no trial. */
  async #applyTrust(deployment: DdiDeployment, offer: TrustOffer, signal: AbortSignal): Promise<RoundResult> {
    const { device, server } = this.#ports;
    const action = deployment.actionId;
    const name = manifestName(offer.update.manifestDigest.bytes);
    if (this.#refused.isPaused(name)) return this.#passOver(action);
    const applied = await this.#deliver(action, async () => {
      const { source } = offer;
      // Looked for before anything is fetched.
      if (source.kind === "remote") findArtifact(deployment, source.uri);
      return device.applyTrust(offer, {
        fetch: (uri) => server.download(findArtifact(deployment, uri), { from: 0, signal }),
      });
    });
    if (applied instanceof Unavailable) {
      this.#refused.add(name);
      return { did: "undeliverable", action, fault: applied };
    }
    if (!applied.ok) {
      this.#refused.add(name);
      return this.#refuse(action, applied.error);
    }
    await this.#report.close(action, "success", [`${applied.value.part}-trust-changed`]);
    return { did: "updated", action };
  }

  async #install(deployment: DdiDeployment, offer: Offer, signal: AbortSignal): Promise<RoundResult> {
    const { device, server, observe } = this.#ports;
    const action = deployment.actionId;
    const { manifest, manifestDigest } = offer.update;
    const name = manifestName(manifestDigest.bytes);
    if (this.#refused.isPaused(name)) return this.#passOver(action);
    const subject = { sequence: manifest.sequenceNumber, manifestDigest: manifestDigest.bytes };
    const permission = (await this.#ports.mayInstall?.(subject)) ?? "granted";
    if (permission !== "granted") return this.#wait(action, permission);
    const { images } = offer.plan;
    const size = images.reduce((sum, { expected }) => sum + expected.size, 0n);
    const total = Number(size);
    observe({ event: "offered", action, sequence: manifest.sequenceNumber, size });

    const installed = await this.#deliver(action, async () => {
      // Looked for before anything is written.
      for (const { source } of images) if (source.kind === "remote") findArtifact(deployment, source.uri);
      return device.install(offer, {
        async *fetch(from, { uri }) {
          const artifact = findArtifact(deployment, uri);
          observe({ event: "downloading", action, from, total });
          yield* server.download(artifact, { from, signal });
        },
        onProgress: (done) => observe({ event: "progress", action, done, total }),
      });
    });
    if (installed instanceof Unavailable) {
      if (installed.code !== "artifact-missing") await device.abandon();
      this.#refused.add(name);
      return { did: "undeliverable", action, fault: installed };
    }
    if (!installed.ok) {
      const { error } = installed;
      if (error.code === "stagings-exhausted") this.#refused.pause(actionName(action), error.againInMs);
      else this.#refused.add(name);
      return this.#refuse(action, error);
    }
    observe({ event: "staged", action, image: installed.value });
    if (offer.set === "recovery") {
      await this.#report.close(action, "success", ["recovery-replaced"]);
      return { did: "updated", action };
    }
    const backup = await this.#backUp(action, subject);
    if (backup !== "saved") return this.#wait(action, backup);
    for (const step of ["downloaded", "staged"] as const) {
      if ((await this.#report.step(action, step)) === "withdrawn") return this.#withdraw(action);
    }
    await device.arm({ action, manifestDigest: manifestDigest.bytes });
    observe({ event: "armed", action, image: installed.value });
    if ((await this.#report.step(action, "installed")) === "withdrawn") return this.#withdraw(action);
    return this.#finishUpdate();
  }

  /** What is staged stays staged while it fails: the next round tries the backup again, and fetches no payload. */
  async #backUp(action: string, subject: InstallSubject): Promise<"saved" | InstallWait> {
    const end = await this.#ports.backUp?.(subject);
    if (end === undefined) return "saved";
    const { result, how } = end;
    this.#ports.observe({ event: "backed-up", action, manifestDigest: subject.manifestDigest, ...end });
    return result === "saved" ? result : { code: `backup-${result}`, how };
  }

  /**
   * Runs a delivery. A fault that may pass is thrown, and a later round resumes; one that will not is reported, so that
   * the server hears of it, and handed back.
   */
  async #deliver<T>(action: string, deliver: () => Promise<T>): Promise<T | Unavailable> {
    try {
      return await deliver();
    } catch (fault) {
      if (fault instanceof Unavailable && fault.code === "storage-full") await this.#report.waiting(action, fault.code);
      const final = fault instanceof Unavailable && !fault.retryable && fault.code !== "aborted";
      if (!final || isStorageFault(fault)) throw fault;
      this.#ports.observe({ event: "undeliverable", action, fault });
      this.#refused.add(actionName(action));
      await this.#report.close(action, "failure", [fault.code]);
      return fault;
    }
  }

  async #refuse(action: string, refusal: DeviceRefusal): Promise<RoundResult> {
    if (mayPass(refusal)) return this.#wait(action, refusal);
    this.#ports.observe({ event: "refused", action, refusal });
    this.#refused.add(actionName(action));
    await this.#report.close(action, "failure", [refusal.code]);
    return { did: "refused", action, refusal };
  }

  async #wait(action: string, refusal: DeviceRefusal | InstallWait): Promise<RoundResult> {
    this.#ports.observe({ event: "waiting", action, refusal });
    await this.#report.waiting(action, refusal.code);
    return { did: "waiting", action, refusal };
  }

  #passOver(action: string): RoundResult {
    this.#ports.observe({ event: "passed-over", action });
    return { did: "passed-over", action };
  }

  async #cancel(href: string): Promise<RoundResult> {
    const { device, server } = this.#ports;
    const { stopId } = await server.cancellation(href);
    const { boot, report, mode } = device.status();
    if (mode === "trial") {
      // Beyond recall: only the next boot can take it back, and to say "cancelled" would be a lie.
      await server.cancelFeedback(stopId, { execution: "rejected", finished: "none", details: ["trial-running"] });
      return { did: "nothing" };
    }
    // What is armed for another action is not what the server means.
    if (boot.state !== "armed" || report === undefined || report.action === stopId) await device.abandon();
    await server.cancelFeedback(stopId, { execution: "closed", finished: "success", details: ["cancelled"] });
    this.#ports.observe({ event: "cancelled", action: stopId });
    return { did: "cancelled", action: stopId };
  }

  /** The server closed the action while it was carried out. */
  async #withdraw(action: string): Promise<RoundResult> {
    await this.#ports.device.abandon();
    this.#ports.observe({ event: "cancelled", action });
    return { did: "cancelled", action };
  }

  async #sendAttributes(): Promise<void> {
    const attributes = deviceAttributes(this.#ports.device.status());
    await this.#ports.server.putConfig(attributes);
    this.#attributes = "told";
    this.#ports.observe({ event: "attributes-sent", attributes });
  }
}

const actionName = (action: string): string => `action ${action}`;
const manifestName = (digest: Uint8Array): string => `manifest ${bytesToHex(digest)}`;

const sameOperations = (a: Operations | undefined, b: Operations | undefined): boolean =>
  a?.window === b?.window && a?.interlock === b?.interlock;

/** Nothing that waiting would mend; a full disk may have room again. */
const isStorageFault = (fault: unknown): boolean =>
  fault instanceof Unavailable && fault.code.startsWith("storage-") && fault.code !== "storage-full";
