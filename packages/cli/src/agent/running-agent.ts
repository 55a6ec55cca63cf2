import { utimesSync, writeFileSync } from "node:fs";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  Agent,
  type AgentEvent,
  type AgentPorts,
  agentLogEntries,
  armedSequence,
  type BackupEnd,
  type BootOutcome,
  type CommandFacts,
  type Device,
  deviceLogEntries,
  endedWell,
  explainDevice,
  fillCommand,
  type InstallSubject,
  type InstallWait,
  IntegrityWatch,
  type OverridableBar,
  OverrideDesk,
  overrideLogEntry,
  policyChanges,
  type Round,
  runBackup,
  type SecondaryStep,
  type SecondaryWait,
  selfTest,
  selfTestEntry,
  selfTestWait,
  signBackup,
  type TargetRepository,
  Unavailable,
} from "@sumac/device";
import { NodeCommandRunner, nodeFileSystem, processIdentity, wait } from "@sumac/device/node";
import type { CommandContext } from "../command.ts";
import { Observer } from "../device/observer.ts";
import { oneRound } from "../device/one-round.ts";
import { cannotBoot } from "../device/round-verdict.ts";
import type { AgentConfig, BackupConfig } from "./agent-config.ts";
import { type AgentConnection, connectAgent } from "./agent-connection.ts";
import type { AgentPlatform, PlatformClock } from "./agent-platform.ts";
import { policyOf } from "./agent-policy.ts";
import { openAgentRepository } from "./agent-repository.ts";
import { sinkOf } from "./configured-sink.ts";
import { ImageStart } from "./image-start.ts";
import { type ConsentStep, type ConsentSubject, consentLine, Operator } from "./operator.ts";
import type { RunningConfig } from "./running-config.ts";
import { Secondaries } from "./secondaries.ts";

interface Connections extends AgentConnection {
  readonly repository: TargetRepository | undefined;
}

/** An agent at work: one device, one process, and a configuration that may be exchanged. */
export class RunningAgent {
  readonly #platform: AgentPlatform;
  readonly #clock: PlatformClock;
  readonly #context: CommandContext;
  readonly #observer: Observer;
  readonly #imageStart: ImageStart;
  readonly #overrides: OverrideDesk;
  #current: RunningConfig;
  /** Why nothing is updated by this process: its verifier cannot be believed. */
  #verifierWait: InstallWait | undefined;

  constructor(platform: AgentPlatform, running: RunningConfig, clock: PlatformClock, context: CommandContext) {
    this.#platform = platform;
    this.#current = running;
    this.#clock = clock;
    this.#context = context;
    this.#observer = new Observer(context);
    this.#overrides = this.#overrideDesk();
    this.#imageStart = new ImageStart({
      device: platform.device,
      restart: () => this.config.restart,
      runner: this.#runner(),
      files: nodeFileSystem,
      folder: platform.folder,
      bootId: processIdentity(process.pid)?.bootId ?? "unknown",
      tell: (event) => this.#tell(event),
    });
  }

  get config(): AgentConfig {
    return this.#current.config;
  }

  /** From the next run on. A platform cannot be exchanged under a device. */
  exchange(next: RunningConfig): "exchanged" | "platform-differs" {
    if (JSON.stringify(next.config.platform) !== JSON.stringify(this.config.platform)) return "platform-differs";
    for (const change of policyChanges(policyOf(this.config), policyOf(next.config))) {
      for (const entry of deviceLogEntries(change)) this.#platform.log.note(entry);
    }
    this.#current = next;
    return "exchanged";
  }

  /** Boots or resumes, and says what runs. Throws `Failure` where nothing may. */
  async begin(accepting: "declared" | "accept-configuration"): Promise<BootOutcome> {
    const { device } = this.#platform;
    const outcome = await this.#imageStart.begin();
    await this.#testVerifier();
    this.#observer.observe({ event: "booted", outcome });
    if (outcome.kind !== "running") throw cannotBoot(outcome, "provision it: sumac device provision");
    const stored = await this.#platform.state.read();
    const isFirst = stored.kind === "present" && stored.state.configurationDigest === undefined;
    if (accepting === "accept-configuration") await device.declareConfiguration(this.#current.digest);
    else if (isFirst) await this.#declareFirst();
    return outcome;
  }

  /** Holds updates only (CR 3.3): a device that stands still is worse than one that stays as it is. */
  async #testVerifier(): Promise<void> {
    const report = await selfTest(nodeCrypto);
    this.#platform.log.note(selfTestEntry(report, "start"));
    this.#verifierWait = selfTestWait(report);
    if (this.#verifierWait === undefined) return;
    const { code } = this.#verifierWait;
    this.#context.terminal.jsonLine({ event: "verifier-tested", verdict: report.verdict, code });
    this.#context.terminal.warning({ code, ...explainDevice(this.#verifierWait) });
  }

  /** Where the disk is full, the next start declares it: the image runs already, and its agent goes on. */
  async #declareFirst(): Promise<void> {
    try {
      await this.#platform.device.declareConfiguration(this.#current.digest);
    } catch (fault) {
      if (!(fault instanceof Unavailable) || fault.code !== "storage-full") throw fault;
    }
  }

  /** Rounds until the signal is aborted; answers with the last boot. */
  async run(booted: BootOutcome, signal: AbortSignal): Promise<BootOutcome> {
    const connection = await this.#connect(signal);
    const watching = this.#watch().run(this.config.integrityCheckMs, signal);
    const ended = new AbortController();
    let tending: Promise<void> | undefined;
    try {
      const secondaries = await this.#secondaries(connection);
      tending = secondaries?.run(AbortSignal.any([signal, ended.signal]));
      const agent = this.#agent(booted, connection).run(signal);
      return await Promise.race([agent, ...(tending === undefined ? [] : [onlyFailure(tending)])]);
    } finally {
      ended.abort();
      // What failed there is thrown already, or comes second.
      await tending?.catch(() => undefined);
      connection.close();
      this.#observer.done();
      // It sees the same signal, unless the agent failed; then the process ends anyway.
      if (signal.aborted) await watching;
    }
  }

  /** One round, for a person who looks on. */
  async once(booted: BootOutcome, signal: AbortSignal): Promise<Round> {
    const connection = await this.#connect(signal);
    try {
      const round = await oneRound(this.#agent(booted, connection), this.#observer, signal);
      await (await this.#secondaries(connection))?.once(signal);
      return round;
    } finally {
      connection.close();
      this.#observer.done();
    }
  }

  async #secondaries({ repository, ...connection }: Connections): Promise<Secondaries | undefined> {
    if (this.config.secondaries.length === 0) return undefined;
    const operator = this.#operator();
    const ports = {
      connection,
      folder: this.#platform.folder,
      log: this.#platform.log,
      mayProceed: (step: SecondaryStep, subject: InstallSubject) => this.#mayProceed(step, subject, operator),
      repository: repository && {
        find: (target: string) => repository.find(target, this.#platform.device.time(this.#trustedTime())),
      },
      uptimeMs: this.#clock.uptimeMs,
      trustedTime: () => this.#trustedTime(),
    };
    return Secondaries.open(this.config, ports, this.#context);
  }

  /** The rules of this device hold for what it does to others: its windows, its interlock, its operator. No override does. */
  async #mayProceed(
    step: SecondaryStep,
    subject: InstallSubject,
    operator: Operator,
  ): Promise<"granted" | SecondaryWait> {
    const { log } = this.#platform;
    if (step === "go-back") return (await operator.mayGoBack()) ? "granted" : { code: "interlock" };
    if (this.#verifierWait !== undefined) return { code: "verifier-self-test-failed" };
    if (log.updates === "refused" && log.status.state === "failing") return { code: "log-failing" };
    const plant = await operator.operations();
    if (plant?.window === "closed") return { code: "outside-window" };
    if (plant?.interlock === "engaged") return { code: "interlock" };
    if (await operator.consents(step, subject)) return "granted";
    this.#askFor(step, subject);
    return { code: "consent-awaited" };
  }

  async #connect(signal: AbortSignal): Promise<Connections> {
    const { io } = this.#context;
    const repository = await openAgentRepository(this.config, this.#platform.folder, io);
    const connection = await connectAgent(this.config, io, signal);
    return {
      ...connection,
      repository,
      close() {
        repository?.close();
        connection.close();
      },
    };
  }

  #agent(booted: BootOutcome, { server, repository }: Connections): Agent {
    const { device } = this.#platform;
    const imageStart = this.#imageStart;
    const operator = this.#operator();
    return new Agent({
      device,
      booted,
      server,
      restart: async () => {
        if (!(await this.#mayRestart(device, operator))) return "postponed";
        return imageStart.restart();
      },
      selfTest: (image) =>
        imageStart.started === "failed"
          ? Promise.resolve("failed")
          : this.#selfTest({ slot: image.slot, sequence: `${image.sequence}` }),
      wait: (ms, aborted) => {
        this.#sayAlive();
        return wait(ms, aborted);
      },
      random: Math.random,
      uptimeMs: this.#clock.uptimeMs,
      trustedTime: () => this.#trustedTime(),
      operations: () => operator.operations(),
      overrides: this.#overrides,
      ...(repository === undefined ? {} : { repository }),
      mayReceive: () => this.#verifierWait ?? "granted",
      mayInstall: (subject) => this.#mayInstall(subject, operator),
      ...this.#backup(),
      observe: (event) => this.#tell(event),
    });
  }

  #tell(event: AgentEvent): void {
    this.#observer.observe(event);
    for (const entry of agentLogEntries(event)) this.#platform.log.note(entry);
  }

  #backup(): Pick<AgentPorts, "backUp"> {
    const { backup } = this.config;
    return backup === undefined ? {} : { backUp: (subject) => this.#backUp(backup, subject) };
  }

  async #backUp(backup: BackupConfig, subject: InstallSubject): Promise<BackupEnd> {
    const { file } = backup;
    if (file === undefined) return runBackup(backup, subject, this.#runner());
    const { device, key, folder } = this.#platform;
    return signBackup(await runBackup(backup, subject, this.#runner(), { file }), {
      ...{ files: nodeFileSystem, folder, file, crypto: nodeCrypto, key, time: this.#trustedTime() },
      running: device.status().running.manifestDigest,
    });
  }

  #overrideDesk(): OverrideDesk {
    const { log, folder } = this.#platform;
    return new OverrideDesk({
      files: nodeFileSystem,
      folder,
      rules: () => this.config.override,
      now: () => this.#timeNotPassed(),
      uptimeMs: this.#clock.uptimeMs,
      tell: (event) => {
        log.note(overrideLogEntry(event));
        this.#observer.observeOverride(event);
      },
    });
  }

  async #mayInstall(subject: InstallSubject, operator: Operator): Promise<"granted" | InstallWait> {
    const { log, logPlace: file } = this.#platform;
    if (log.updates === "refused" && log.status.state === "failing") {
      return { code: "log-failing", fault: log.status.fault.code, file };
    }
    if (await operator.consents("install", subject)) return "granted";
    if (await this.#overrides.lifts("consent", "install", subject.manifestDigest)) return "granted";
    this.#askFor("install", subject);
    return { code: "consent-awaited", ...subject };
  }

  /** Into the image that is armed; or back, out of a trial that failed. */
  async #mayRestart(device: Device, operator: Operator): Promise<boolean> {
    const { mode, boot, report } = device.status();
    if (mode === "trial") return operator.mayGoBack();
    if (this.#verifierWait !== undefined) return false;
    if (boot.state !== "armed" || report === undefined) return true;
    const { manifestDigest } = report;
    const subject = { sequence: await this.#armedSequence(), manifestDigest };
    const lifts = (bar: OverridableBar): Promise<boolean> =>
      this.#overrides.lifts(bar, "restart", subject.manifestDigest);
    if (!(await operator.consents("restart", subject)) && !(await lifts("consent"))) {
      this.#askFor("restart", subject);
      return false;
    }
    if (!(await operator.mayRestart(lifts))) return false;
    return (await this.#overrides.spend(subject.manifestDigest)) !== "not-spent";
  }

  async #armedSequence(): Promise<bigint | "unknown"> {
    const { slots, device } = this.#platform;
    return (await armedSequence(slots, device.status(), nodeCrypto)) ?? "unknown";
  }

  /** How to agree, word for word. */
  #askFor(step: ConsentStep, subject: ConsentSubject): void {
    const { consent } = this.config;
    const { terminal } = this.#context;
    const line = consentLine(step, subject);
    const file = consent?.kind === "file" ? consent.file : undefined;
    terminal.jsonLine({ event: "consent-awaited", step, manifestDigest: subject.manifestDigest, file: file ?? null });
    terminal.line(file === undefined ? `waits for consent to ${line}` : `waits for this line in ${file}: ${line}`);
  }

  async #selfTest(facts: CommandFacts): Promise<"passed" | "failed"> {
    const { selfTest } = this.config;
    if (selfTest === "not-tested") return "passed";
    return endedWell(await this.#runner().run(fillCommand(selfTest, facts))) ? "passed" : "failed";
  }

  #operator(): Operator {
    return new Operator(this.config, { runner: this.#runner(), now: () => this.#wallClock() });
  }

  #trustedTime(): bigint | undefined {
    return this.config.clock === "host" ? this.#clock.trustedTime() : undefined;
  }

  #wallClock(): number | undefined {
    const now = this.#timeNotPassed();
    return now === undefined ? undefined : Number(now) * 1000;
  }

  /** A clock that is earlier than what is known to be over says nothing about windows and overrides. */
  #timeNotPassed(): bigint | undefined {
    const now = this.#trustedTime();
    return now === undefined || now < this.#platform.device.status().lastTime ? undefined : now;
  }

  /** The commands of the operator are no commands of the installer: each ends what its own have left over. */
  #runner(): NodeCommandRunner {
    return new NodeCommandRunner({ folder: `${this.#platform.folder}/.` });
  }

  #watch(): IntegrityWatch {
    const { slots, state, key, log } = this.#platform;
    const { notify, server } = this.config;
    return new IntegrityWatch({
      parts: {
        slots,
        state,
        crypto: nodeCrypto,
        deviceKey: key?.publicKey ?? "no-seal",
        configurationDigest: async () => this.#current.digest,
      },
      log,
      sinks: notify.map(sinkOf),
      device: server.controllerId,
      now: () => this.#trustedTime(),
      pause: () => new Promise((resolve) => void setImmediate(resolve)),
      wait,
    });
  }

  #sayAlive(): void {
    const { aliveFile } = this.config;
    if (aliveFile === undefined) return;
    const now = new Date();
    try {
      utimesSync(aliveFile, now, now);
    } catch {
      try {
        writeFileSync(aliveFile, "");
      } catch {
        // Whoever watches the file finds out.
      }
    }
  }
}

/** Never resolves: the end of secondaries is not the end of their gateway, a bug in them is. */
const onlyFailure = (work: Promise<void>): Promise<never> => work.then(() => new Promise<never>(() => undefined));
