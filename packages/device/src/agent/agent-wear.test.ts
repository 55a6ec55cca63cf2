/** Simulated weeks with a server that wants the flash to wear out. Every erase of every block is counted. */
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { deploymentOf, fault, type TestDeployment, TestServer } from "../ddi/ddi-server.test.support.ts";
import { Device } from "../device/device.ts";
import { makeRelease, type Release, testLayout } from "../device/release.test.support.ts";
import { defaultStagingRules, memoryLedger, StagingBudget, type StagingLedger } from "../device/staging-budget.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import type { MemoryFlash } from "../flash/memory-flash.ts";
import { provisioned } from "../flash/simulated-device.test.support.ts";
import { rememberVerdicts } from "../power-cut/remembered-verdicts.ts";
import { FlashState } from "../state/flash-state.ts";
import { Unavailable } from "../unavailable.ts";
import { Agent, type RoundResult } from "./agent.ts";

const day = 24 * 3_600_000;
const pollMs = 60_000;
const weeks = 2;
/** Of which 100,000 erases are good for twenty years. */
const erasesADay = 100_000 / (20 * 366);
const crypto = rememberVerdicts(nodeCrypto);
const releases = [6n, 7n, 8n].map((sequence) => makeRelease({ sequence }));
const [six, seven] = releases as [Release, Release];

interface Life {
  readonly flash: MemoryFlash;
  readonly server: TestServer;
  readonly clock: { ms: number };
  readonly ledger: StagingLedger;
}

async function switchedOn({ flash, server, clock, ledger }: Life): Promise<Agent> {
  const since = clock.ms;
  const uptimeMs = (): number => clock.ms - since;
  const device = new Device({
    slots: new FlashSlots(flash, testLayout, crypto),
    state: new FlashState(flash, testLayout.state, crypto),
    crypto,
    stagings: new StagingBudget({ ledger, rules: defaultStagingRules, uptimeMs }),
  });
  return new Agent({
    device,
    booted: await device.boot(),
    server,
    restart: async () => "postponed",
    selfTest: async () => "passed",
    wait: async () => undefined,
    random: () => 0,
    uptimeMs,
    trustedTime: () => undefined,
    operations: async () => undefined,
    observe: () => undefined,
  });
}

interface Attack {
  readonly name: string;
  /** Prepares the answers of the nth poll. */
  readonly play: (server: TestServer, poll: number) => void;
}

let action = 0;
function anew(release: Release): TestDeployment {
  action++;
  return deploymentOf(String(action), release);
}
const when =
  (word: string, code: "gone" | "server-error" | "link-lost") =>
  (call: string): void => {
    if (call.endsWith(word) || call.includes(`GET ${word}`)) throw fault(code, code !== "gone");
  };

const attacks: readonly Attack[] = [
  ...(["downloaded", "staged", "installed"] as const).map((step) => ({
    name: `withdraws (410) at "${step}" and offers it again under another number`,
    play: (server: TestServer) => {
      server.offered = anew(six);
      server.intercept = when(step, "gone");
    },
  })),
  {
    name: "cancels what was armed and arms it again",
    play: (server, poll) => {
      if (poll % 2 === 0) server.offered = anew(six);
      else server.cancelling = server.offered?.action ?? "1";
    },
  },
  {
    name: "cuts the payload a little further on each time, and cancels",
    play: (server, poll) => {
      server.cutAfter = 100 + (poll % 7) * 80;
      server.offered = anew(six);
      server.cancelling = poll % 3 === 2 ? server.offered.action : undefined;
    },
  },
  {
    name: "cuts the line at every try, without progress",
    play: (server) => {
      server.cutAfter = 300;
      server.offered = deploymentOf("7", six);
    },
  },
  {
    name: "offers two good releases in turn, and cuts each",
    play: (server, poll) => {
      server.cutAfter = 300;
      server.offered = anew(poll % 2 === 0 ? six : seven);
    },
  },
  {
    name: "has one staged, fails, offers the other, fails",
    play: (server, poll) => {
      server.offered = anew(poll % 2 === 0 ? six : seven);
      server.intercept = when("downloaded", "server-error");
    },
  },
  {
    name: "sends another payload than was signed",
    play: (server) => {
      server.offered = anew({ ...six, image: seven.image });
    },
  },
  {
    name: "sends what never was signed, under ever new numbers",
    play: (server) => {
      server.offered = anew({ ...six, envelope: six.envelope.with(130, (six.envelope[130] ?? 0) ^ 1) });
    },
  },
];

describe("T-UPT-DENIAL: two weeks, asked every minute", () => {
  test.each(attacks)("a server that $name does not wear the flash out", { timeout: 120_000 }, async ({ play }) => {
    const { flash } = await provisioned();
    const life: Life = { flash, server: new TestServer(), clock: { ms: 0 }, ledger: memoryLedger() };
    const before = flash.wear.slice();
    let agent = await switchedOn(life);
    let begun = 0;
    for (let poll = 0; life.clock.ms < weeks * 7 * day; poll++, life.clock.ms += pollMs) {
      // The device is restarted by somebody every other day: that forgives nothing.
      if (poll % 2880 === 2879) agent = await switchedOn(life);
      life.server.intercept = () => undefined;
      life.server.cutAfter = undefined;
      life.server.cancelling = undefined;
      play(life.server, poll);
      const did = await roundOf(agent);
      if (did !== "nothing" && did !== "passed-over") begun++;
      life.server.calls.length = 0;
    }
    const worn = Math.max(...flash.wear.map((erases, block) => erases - (before[block] ?? 0)));
    // What was saved up at the start is spent once.
    const atOnce = 8 * 3;
    expect(worn).toBeLessThan(atOnce + weeks * 7 * erasesADay);
    expect(begun).toBeGreaterThan(5);
    // And an honest offer still arrives, when the budget has rested.
    life.server.intercept = () => undefined;
    life.server.cutAfter = undefined;
    life.server.cancelling = undefined;
    life.clock.ms += 2 * day;
    life.server.offered = deploymentOf("2147483647", releases[2] as Release);
    expect(await roundOf(agent)).toBe("installed");
  });
});

async function roundOf(agent: Agent): Promise<RoundResult["did"] | "fault"> {
  try {
    return (await agent.runOnce()).did;
  } catch (thrown) {
    if (thrown instanceof Unavailable) return "fault";
    throw thrown;
  }
}

describe("what a device says when its budget is spent", () => {
  test("it waits, tells the server once, and goes on by itself", async () => {
    const { flash } = await provisioned();
    const life: Life = { flash, server: new TestServer(), clock: { ms: 0 }, ledger: memoryLedger() };
    const { server, clock } = life;
    const agent = await switchedOn(life);
    server.intercept = when("staged", "gone");
    for (let i = 0; i < 8; i++) {
      server.offered = anew(six);
      expect(await roundOf(agent)).toBe("cancelled");
    }
    server.offered = deploymentOf("900", six);
    const wear = flash.wear.slice();
    expect(await agent.runOnce()).toMatchObject({ did: "waiting", refusal: { code: "stagings-exhausted", burst: 8 } });
    expect(server.feedbacks.at(-1)).toBe("POST 900 scheduled/none stagings-exhausted");
    clock.ms += 3_600_000;
    expect(await roundOf(agent)).toBe("passed-over");
    expect(flash.wear).toEqual(wear);
    clock.ms += 5 * 3_600_000;
    server.intercept = () => undefined;
    expect(await roundOf(agent)).toBe("installed");
    expect(server.feedbacks.filter((call) => call.includes("stagings-exhausted"))).toHaveLength(1);
  });
});
