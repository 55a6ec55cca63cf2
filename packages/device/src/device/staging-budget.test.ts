import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { nodeFileSystem } from "../files/node-file-system.ts";
import { fileStagingLedger } from "./file-staging-ledger.ts";
import { defaultStagingRules, memoryLedger, StagingBudget, type StagingLedger } from "./staging-budget.ts";

const hour = 3_600_000;
const rules = { burst: 3, restMs: 4 * hour };

class Clocked {
  ms = 0;
  readonly ledger: StagingLedger;
  #startedAt = 0;
  #budget: StagingBudget;

  constructor(ledger: StagingLedger = memoryLedger()) {
    this.ledger = ledger;
    this.#budget = this.#make();
  }

  get budget(): StagingBudget {
    return this.#budget;
  }

  /** The process ends; how long it is off is known to nobody. */
  restart(offMs = 0): void {
    this.ms += offMs;
    this.#startedAt = this.ms;
    this.#budget = this.#make();
  }

  async begin(): Promise<"begun" | number> {
    const taken = await this.#budget.take("begin");
    return taken.ok ? "begun" : taken.error.againInMs;
  }

  #make(): StagingBudget {
    const uptimeMs = (): number => this.ms - this.#startedAt;
    return new StagingBudget({ ledger: this.ledger, rules, uptimeMs });
  }
}

describe("T-UPT-DENIAL: a budget of stagings", () => {
  test("allows so many at once, and then one in every rest; says how long it takes", async () => {
    const clocked = new Clocked();
    expect([await clocked.begin(), await clocked.begin(), await clocked.begin()]).toEqual(["begun", "begun", "begun"]);
    expect(await clocked.begin()).toBe(4 * hour);
    clocked.ms += 3 * hour;
    expect(await clocked.begin()).toBe(hour);
    clocked.ms += hour;
    expect(await clocked.begin()).toBe("begun");
    expect(await clocked.begin()).toBe(4 * hour);
  });

  test("never holds more than the burst, however long nothing happened", async () => {
    const clocked = new Clocked();
    await clocked.begin();
    clocked.ms += 10_000 * hour;
    for (let i = 0; i < 3; i++) expect(await clocked.begin()).toBe("begun");
    expect(await clocked.begin()).toBe(4 * hour);
  });

  test("is not forgiven by a restart, nor by time without power", async () => {
    const clocked = new Clocked();
    for (let i = 0; i < 3; i++) await clocked.begin();
    for (let i = 0; i < 100; i++) {
      clocked.restart(10 * hour);
      expect(await clocked.begin()).toBe(4 * hour);
    }
  });

  test("goes on to rest over restarts that come often, for what was kept meanwhile", async () => {
    const clocked = new Clocked();
    for (let i = 0; i < 3; i++) await clocked.begin();
    clocked.ms += 5 * hour;
    await clocked.budget.keep();
    clocked.restart();
    expect(await clocked.begin()).toBe("begun");
  });

  test("writes its rest down once a staging at the most", async () => {
    let writes = 0;
    const inner = memoryLedger();
    const clocked = new Clocked({
      read: inner.read,
      async write(owed) {
        writes++;
        await inner.write(owed);
      },
    });
    for (let i = 0; i < 3; i++) await clocked.begin();
    for (let minutes = 0; minutes < 24 * 60; minutes++) {
      clocked.ms += hour / 60;
      await clocked.budget.keep();
    }
    expect(writes).toBe(3 + 3);
  });

  test("a resume costs a third", async () => {
    const clocked = new Clocked();
    let resumed = 0;
    while ((await clocked.budget.take("resume")).ok) resumed++;
    expect(resumed).toBe(9);
  });

  test("a confirmed release gives all of it back", async () => {
    const clocked = new Clocked();
    for (let i = 0; i < 3; i++) await clocked.begin();
    await clocked.budget.forgive();
    clocked.restart();
    for (let i = 0; i < 3; i++) expect(await clocked.begin()).toBe("begun");
  });

  test("a ledger that cannot be read owes everything", async () => {
    const clocked = new Clocked({ read: async () => "damaged", write: async () => undefined });
    expect(await clocked.begin()).toBe(4 * hour);
    clocked.ms += 4 * hour;
    expect(await clocked.begin()).toBe("begun");
  });

  test("what could not be written down is not spent, and not allowed", async () => {
    const clocked = new Clocked({
      read: async () => "blank",
      write: async () => {
        throw new Error("disk");
      },
    });
    await expect(clocked.begin()).rejects.toThrow("disk");
  });

  test("twenty years of the default rules are fewer erases than a block of NOR flash is good for", () => {
    const { burst, restMs } = defaultStagingRules;
    const resumesEach = 3;
    expect(resumesEach * (burst + (20 * 366 * 24 * hour) / restMs)).toBeLessThan(100_000);
  });

  test.each([
    { burst: 0, restMs: 1 },
    { burst: 1, restMs: 0 },
    { burst: 1.5, restMs: 1 },
  ])("rules that make no sense are a bug: %o", (wrong) => {
    expect(() => new StagingBudget({ ledger: memoryLedger(), rules: wrong, uptimeMs: () => 0 })).toThrow(RangeError);
  });
});

describe("the ledger in a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "sumac-ledger-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const ledger = fileStagingLedger(nodeFileSystem, folder);

  test("is blank, then what was written", async () => {
    expect(await ledger.read()).toBe("blank");
    await ledger.write(1234.5);
    expect(await ledger.read()).toBe(1235);
    expect(readFileSync(join(folder, "stagings"), "utf8")).toBe("1235\n");
  });

  test.each(["", "12", "-1\n", "1e9\n", "9".repeat(40), "0x10\n"])("is damaged where it says %j", async (text) => {
    writeFileSync(join(folder, "stagings"), text);
    expect(await ledger.read()).toBe("damaged");
  });

  test("is written again where a folder stands in its place", async () => {
    rmSync(join(folder, "stagings"));
    mkdirSync(join(folder, "stagings"));
    expect(await ledger.read()).toBe("damaged");
    await ledger.write(7);
    expect(await ledger.read()).toBe(7);
  });
});
