import { err, type Result } from "@sumac/cbor";
import { equalBytes } from "@sumac/crypto";
import type { FileSystem } from "../files/file-system.ts";
import { readPrivateFile } from "../files/private-file.ts";
import { Unavailable } from "../unavailable.ts";
import {
  type ActiveOverride,
  judgeOverride,
  maxOverrideBytes,
  type OverridableBar,
  type Override,
  type OverrideRefusal,
  type OverrideRules,
  parseOverride,
} from "./override.ts";
import type { OverriddenStep, OverrideEvent } from "./override-event.ts";
import { type OverrideLedger, readOverrideLedger, writeOverrideLedger } from "./override-ledger.ts";

/** In the device's folder: whoever may write there, and nobody else, speaks for the people whom the rules name. */
export const overrideFile = "override";

export interface OverrideDeskPorts {
  readonly files: FileSystem;
  /** Of the device. */
  readonly folder: string;
  /** Undefined: nobody may override here. */
  rules(): OverrideRules | undefined;
  /** Seconds since 1970 by a clock that is trusted; undefined = there is none. */
  now(): bigint | undefined;
  /** Milliseconds that never go back. */
  uptimeMs(): number;
  /** Each fact once. */
  tell(event: OverrideEvent): void;
}

/**
 * Where an agent looks for a supervisor's override (CR 2.1 RE 3): one file, for one manifest, until it ends by the trusted
 * time or has brought one restart about. Time runs on here by the uptime too: a clock that is set back, or stopped, does
 * not make an override last.
 */
export class OverrideDesk {
  readonly #ports: OverrideDeskPorts;
  readonly #told = new Set<string>();
  #anchor: { readonly time: bigint; readonly uptimeMs: number } | undefined;

  constructor(ports: OverrideDeskPorts) {
    this.#ports = ports;
  }

  /** The one that counts now. */
  async current(): Promise<ActiveOverride | undefined> {
    const { files, folder, tell } = this.#ports;
    const path = `${folder}/${overrideFile}`;
    let override: Override | undefined;
    let judged: Result<ActiveOverride, OverrideRefusal>;
    try {
      if ((await files.facts(path)) === undefined) return undefined;
      const bytes = await readPrivateFile(files, path, maxOverrideBytes);
      override = bytes && parseOverride(bytes);
      judged = override === undefined ? err({ code: "override-unreadable" }) : await this.#judge(override);
    } catch (fault) {
      if (!(fault instanceof Unavailable)) throw fault;
      judged = err({ code: override === undefined ? "override-unreadable" : "override-ledger-damaged" });
    }
    if (judged.ok) return judged.value;
    const refusal = judged.error;
    this.#once(`${override?.id} ${refusal.code}`, () =>
      tell({ event: "override-refused", refusal, id: override?.id, by: override?.by }),
    );
    return undefined;
  }

  /** Whether it sets this aside for this manifest, and says so if it does. */
  async lifts(bar: OverridableBar, step: OverriddenStep, manifestDigest: Uint8Array): Promise<boolean> {
    const override = await this.current();
    if (override === undefined || !override.lifts.includes(bar)) return false;
    if (!equalBytes(override.manifestDigest, manifestDigest)) return false;
    this.used(override, [bar], step);
    return true;
  }

  used(override: ActiveOverride, bars: readonly OverridableBar[], step: OverriddenStep): void {
    for (const bar of bars) {
      this.#once(`${override.id} ${step} ${bar}`, () =>
        this.#ports.tell({ event: "override-used", override, step, bar }),
      );
    }
  }

  /**
   * Ends an override for this manifest, because the device restarts into it now: written down before, so that a power cut
   * does not give it back. `not-spent`: that could not be written, and the restart has to do without it.
   */
  async spend(manifestDigest: Uint8Array): Promise<"spent" | "nothing-to-spend" | "not-spent"> {
    const { files, folder, tell } = this.#ports;
    const override = await this.current();
    if (override === undefined || !equalBytes(override.manifestDigest, manifestDigest)) return "nothing-to-spend";
    try {
      const ledger = await readOverrideLedger(files, folder);
      if (ledger === "damaged") return "not-spent";
      await writeOverrideLedger(files, folder, { ...ledger, spent: [...ledger.spent, override.id] });
    } catch (fault) {
      if (!(fault instanceof Unavailable)) throw fault;
      return "not-spent";
    }
    this.#told.add(`${override.id} override-spent`);
    tell({ event: "override-ended", override });
    return "spent";
  }

  async #judge(override: Override): Promise<Result<ActiveOverride, OverrideRefusal>> {
    const { files, folder, rules, tell } = this.#ports;
    const ledger = await readOverrideLedger(files, folder);
    if (ledger === "damaged") return err({ code: "override-ledger-damaged" });
    const now = this.#time(ledger);
    const judged = judgeOverride(override, rules(), { now, spent: ledger.spent });
    if (!judged.ok || now === undefined || this.#told.has(`${override.id} given`)) return judged;
    if (now > ledger.latest) await writeOverrideLedger(files, folder, { ...ledger, latest: now });
    this.#once(`${override.id} given`, () => tell({ event: "override-given", override }));
    return judged;
  }

  #time({ latest }: OverrideLedger): bigint | undefined {
    const { now, uptimeMs } = this.#ports;
    const clock = now();
    if (clock === undefined) return undefined;
    const uptime = uptimeMs();
    const ran = this.#anchor && this.#anchor.time + BigInt(Math.floor((uptime - this.#anchor.uptimeMs) / 1000));
    const time = [latest, ran ?? 0n].reduce((a, b) => (a > b ? a : b), clock);
    // Kept where it stands while the clock lags behind, or the fractions of a second would add up to nothing.
    if (time !== ran) this.#anchor = { time, uptimeMs: uptime };
    return time;
  }

  #once(what: string, tell: () => void): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    tell();
  }
}
