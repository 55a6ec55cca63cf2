import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { begin } from "../agent/agent.test.support.ts";
import { deploymentOf } from "../ddi/ddi-server.test.support.ts";
import { explainDevice } from "../explain.ts";
import { second } from "../flash/simulated-device.test.support.ts";
import { agentLogEntries } from "../log/log-event.ts";
import { selfTest } from "./self-test.ts";
import { selfTestEntry, selfTestWait } from "./self-test-verdict.ts";

const sound = await selfTest(nodeCrypto);
const broken = await selfTest({ ...nodeCrypto, verify: () => true });

test("CR 3.3: a verifier that is in order holds nothing up, and the log says that it was asked", () => {
  expect(selfTestWait(sound)).toBeUndefined();
  expect(selfTestEntry(sound, "start")).toMatchObject({
    type: "verifier-tested",
    result: "success",
    facts: { occasion: "start", asked: String(sound.cases.length) },
  });
});

describe("CR 3.3: what a verifier accepts that fails its self-test does not count", () => {
  test("CR 3.3: the log and the person hear the first wrong answer", () => {
    const wait = selfTestWait(broken);
    expect(wait).toMatchObject({
      code: "verifier-self-test-failed",
      answered: "accepted",
      expected: "signature-invalid",
    });
    expect(selfTestEntry(broken, "on-demand")).toMatchObject({
      type: "verifier-self-test-failed",
      result: "failure",
      facts: { occasion: "on-demand", answered: "accepted", wrong: expect.stringMatching(/^[1-9]/) },
    });
    if (wait !== undefined) expect(explainDevice(wait).remedy).toMatch(/sumac device check/);
  });

  test("CR 3.3: the agent fetches nothing, writes nothing, tells the server why, and goes on when it is mended", async () => {
    let wait = selfTestWait(broken);
    const { agent, server, flash, events } = await begin({ mayReceive: () => wait ?? "granted" });
    server.offered = deploymentOf("7", second);
    const before = flash.snapshot();
    expect(await agent.runOnce()).toMatchObject({ did: "waiting", refusal: { code: "verifier-self-test-failed" } });
    expect(flash.snapshot()).toEqual(before);
    expect(server.calls.some((call) => call.includes("manifest.suit"))).toBe(false);
    expect(server.feedbacks).toEqual(["POST 7 scheduled/none verifier-self-test-failed"]);
    expect(events.flatMap(agentLogEntries)).toContainEqual(
      expect.objectContaining({ type: "update-waiting", facts: expect.objectContaining({ action: "7" }) }),
    );
    wait = undefined;
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
  });
});
