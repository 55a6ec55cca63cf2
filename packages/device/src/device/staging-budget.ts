import { err, ok, type Result } from "@sumac/cbor";

/** How often a slot may be erased and written. A confirmed release gives all of it back: those are few, and signed. */
export interface StagingRules {
  /** Stagings at once, after a rest. */
  readonly burst: number;
  /** What one staging takes to be forgotten, in milliseconds of running time. */
  readonly restMs: number;
}

/**
 * Eight at once, then four a day, or twelve that are resumed: in twenty years fewer than the 100,000 erases that a block of
 * NOR flash is good for.
 */
export const defaultStagingRules: StagingRules = { burst: 8, restMs: 6 * 3_600_000 };

/** Where the budget is kept over a restart. Faults are thrown as `Unavailable`. */
export interface StagingLedger {
  /** Milliseconds of rest that are owed; `damaged` = something is there that cannot be read. */
  read(): Promise<number | "blank" | "damaged">;
  /** Returns when it is safe. */
  write(owedMs: number): Promise<void>;
}

/** Its flash has been erased as often as is good for it. Time passes it, or a confirmed release. */
export interface StagingsExhausted {
  readonly code: "stagings-exhausted";
  readonly burst: number;
  /** Milliseconds of running time until the next one is allowed. */
  readonly againInMs: number;
}

/** Of one whole staging: a resume erases a block, and does so each time the line breaks. */
const resumeShare = 1 / 3;

export interface StagingBudgetPorts {
  readonly ledger: StagingLedger;
  readonly rules: StagingRules;
  /** Milliseconds that never go back; time without power does not count, because nobody can measure it. */
  uptimeMs(): number;
}

/**
 * Bounds what a hostile server can cost the flash, whatever it withdraws, cuts, offers again or offers in turn: every
 * erase of a slot for a delivery is paid for here first. What was spent is safe before the flash is touched, so that
 * neither a power cut nor a restart forgives it.
 */
export class StagingBudget {
  readonly #ports: StagingBudgetPorts;
  #owedMs: number | "unread" = "unread";
  #asOfMs = 0;
  #storedMs = 0;

  /** Throws `RangeError` for rules that would allow nothing. */
  constructor(ports: StagingBudgetPorts) {
    const { burst, restMs } = ports.rules;
    if (!Number.isSafeInteger(burst) || burst < 1 || !Number.isSafeInteger(restMs) || restMs < 1) {
      throw new RangeError(`${burst} stagings at once, ${restMs} ms apart, is no budget`);
    }
    this.#ports = ports;
  }

  /** Pays for one erase of the slot, or says how long it takes until it can. */
  async take(kind: "begin" | "resume"): Promise<Result<void, StagingsExhausted>> {
    const { burst, restMs } = this.#ports.rules;
    const owed = await this.#owed();
    const price = kind === "begin" ? restMs : Math.ceil(restMs * resumeShare);
    const tooMuch = owed + price - burst * restMs;
    if (tooMuch > 0) return err({ code: "stagings-exhausted", burst, againInMs: tooMuch });
    await this.#store(owed + price);
    return ok(undefined);
  }

  /** A release was confirmed. */
  async forgive(): Promise<void> {
    if ((await this.#owed()) > 0) await this.#store(0);
  }

  /** Stores what was rested, where that is a whole staging; to be called now and then. */
  async keep(): Promise<void> {
    const owed = await this.#owed();
    if (this.#storedMs - owed >= this.#ports.rules.restMs) await this.#store(owed);
  }

  async #owed(): Promise<number> {
    const { uptimeMs, ledger, rules } = this.#ports;
    const now = uptimeMs();
    const most = rules.burst * rules.restMs;
    if (this.#owedMs === "unread") {
      const stored = await ledger.read();
      // Whoever damages it gains nothing.
      this.#owedMs = stored === "blank" ? 0 : stored === "damaged" ? most : Math.min(stored, most);
      this.#storedMs = this.#owedMs;
      this.#asOfMs = now;
    }
    this.#owedMs = Math.max(0, this.#owedMs - Math.max(0, now - this.#asOfMs));
    this.#asOfMs = Math.max(this.#asOfMs, now);
    return this.#owedMs;
  }

  async #store(owedMs: number): Promise<void> {
    await this.#ports.ledger.write(owedMs);
    this.#owedMs = owedMs;
    this.#storedMs = owedMs;
  }
}

/** For a device whose flash is memory as well: what is gone with the process is gone with the flash. */
export function memoryLedger(): StagingLedger {
  let owed: number | "blank" = "blank";
  return {
    read: async () => owed,
    async write(owedMs) {
      owed = owedMs;
    },
  };
}
