import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { driveInMemory, explain, findTarget, refresh, sumacPolicy, type TufRefusal } from "@sumac/tuf";
import type { Io } from "../io.ts";
import type { DrillStep } from "./drill-report.ts";

/** Ends a drill: every later step builds on the one that failed. */
export class DrillFailed extends Error {
  readonly step: DrillStep;

  constructor(step: DrillStep) {
    super(step.said);
    this.name = "DrillFailed";
    this.step = step;
  }
}

export type RunCommand = (words: readonly string[], io: Io) => Promise<number>;

/** A folder of throw-away keys and a repository in it, and the steps that are played on them. */
export class DrillStage {
  readonly folder: string = mkdtempSync(path.join(tmpdir(), "sumac-drill-"));
  readonly #io: Io;
  readonly #run: RunCommand;
  readonly #onStep: (step: DrillStep) => void;
  readonly #devices = new Map<string, Map<string, Uint8Array>>();

  constructor(io: Io, run: RunCommand, onStep: (step: DrillStep) => void) {
    this.#io = io;
    this.#run = run;
    this.#onStep = onStep;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** TEST ONLY: unencrypted, and gone with the folder. */
  key(...names: readonly string[]): void {
    for (const name of names) {
      const { privateKey } = generateKeyPairSync("ed25519");
      const pem = privateKey.export({ type: "pkcs8", format: "pem" });
      writeFileSync(path.join(this.folder, `${name}.pem`), pem, { mode: 0o600 });
      const publicPem = createPublicKey(privateKey).export({ type: "spki", format: "pem" });
      writeFileSync(path.join(this.folder, `${name}.pub.pem`), publicPem);
    }
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(path.join(this.folder, name), content);
  }

  /** Somebody loses a key, or a thief has one: nothing happens but what is told. */
  tell(why: string): void {
    this.#onStep({ why, command: undefined, outcome: "told", said: "" });
  }

  /** Runs `sumac LINE`. `outcome`: `ok`, or the code that it has to be refused with. */
  async sumac(why: string, line: string, outcome = "ok"): Promise<void> {
    const said = { stdout: "", stderr: "" };
    const sink = (name: keyof typeof said) => ({
      write: (text: string): void => {
        said[name] += text;
      },
      terminal: false,
      columns: 80,
    });
    const io: Io = {
      stdout: sink("stdout"),
      stderr: sink("stderr"),
      environment: {},
      workingFolder: this.folder,
      interrupted: this.#io.interrupted,
      readStandardInput: async () => new Uint8Array(),
    };
    await this.#run(line.split(" "), io);
    const code = /^error\[([a-z0-9-]+)\]/m.exec(said.stderr)?.[1] ?? "ok";
    const step: DrillStep = { why, command: `sumac ${line}`, outcome: code, said: said.stdout + said.stderr };
    this.#onStep(step);
    if (code !== outcome) throw new DrillFailed(step);
  }

  /** The key holder reads the request and signs it, with the digest compared. */
  sign(who: string, ceremony: string): Promise<void> {
    return this.sumac(`${who} signs ${ceremony}`, this.#signLine(who, ceremony));
  }

  /** The same by somebody who is not asked. */
  refusedSign(who: string, ceremony: string, outcome: string): Promise<void> {
    return this.sumac(`${who} tries to sign ${ceremony}`, this.#signLine(who, ceremony), outcome);
  }

  #signLine(who: string, ceremony: string): string {
    const request = path.join("repo", "ceremonies", ceremony, "request.json");
    const { digest } = JSON.parse(readFileSync(path.join(this.folder, request), "utf8")) as { digest: string };
    return `repo sign ${request} --test-only-key ${who}.pem --yes --expect ${digest}`;
  }

  /** A ceremony is given up, as its message says. */
  discard(ceremony: string): void {
    rmSync(path.join(this.folder, "repo", "ceremonies", ceremony), { recursive: true });
    this.tell(`ceremonies/${ceremony} is given up: its folder is removed`);
  }

  async ceremony(role: string, version: number, ...who: readonly string[]): Promise<void> {
    for (const each of who) await this.sign(each, `${version}-${role}`);
    await this.sumac(`${role} is put together`, `repo combine repo ${role}`);
  }

  /** A device that polls; it keeps its state from look to look. `outcome`: `ok`, or the code of its refusal. */
  look(device: string, target: string, outcome: TufRefusal["code"] | "ok"): void {
    const state = this.#devices.get(device) ?? new Map<string, Uint8Array>();
    this.#devices.set(device, state);
    const now = BigInt(Math.floor(Date.now() / 1000));
    const read = (name: string): Uint8Array | "absent" => this.#served(name);
    const factoryRoot = this.#served("1.root.json");
    if (factoryRoot === "absent") throw new Error("a device is made after the first root");
    const context = {
      crypto: nodeCrypto,
      policy: sumacPolicy,
      factoryRoot,
      buildTime: now,
      clock: { seconds: now, source: "trusted" },
    } as const;
    const fresh = driveInMemory(refresh(context), state, read, () => undefined);
    const found = fresh.ok ? driveInMemory(findTarget(fresh.value, target), state, read, () => undefined) : fresh;
    const code = found.ok ? "ok" : found.error.code;
    const said = found.ok ? `${target} is current, listed by ${found.value.role}` : explain(found.error).problem;
    const step: DrillStep = { why: `${device} asks for ${target}`, command: undefined, outcome: code, said };
    this.#onStep(step);
    if (code !== outcome) throw new DrillFailed(step);
  }

  #served(name: string): Uint8Array | "absent" {
    try {
      return new Uint8Array(readFileSync(path.join(this.folder, "repo", "metadata", name)));
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === "ENOENT") return "absent";
      throw fault;
    }
  }
}
