import { nodeCrypto } from "@sumac/crypto/node";
import { expect, test } from "vitest";
import { begin } from "../agent/agent.test.support.ts";
import { deploymentOf } from "../ddi/ddi-server.test.support.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { second } from "../flash/simulated-device.test.support.ts";
import { armedSequence } from "./armed-sequence.ts";
import { testLayout } from "./release.test.support.ts";

test("the number of what an order has armed, and none before; none that is not signed", async () => {
  const { agent, device, server, flash } = await begin({ restart: async () => "postponed" });
  const slots = new FlashSlots(flash, testLayout, nodeCrypto);
  const asked = (): Promise<bigint | undefined> => armedSequence(slots, device.status(), nodeCrypto);
  expect(await asked()).toBeUndefined();
  server.offered = deploymentOf("7", second);
  expect(await agent.runOnce()).toMatchObject({ did: "installed" });
  expect(device.status().boot.state).toBe("armed");
  expect(await asked()).toBe(6n);
  const other = { ...device.status(), report: { action: "7", manifestDigest: new Uint8Array(32) } };
  expect(await armedSequence(slots, other, nodeCrypto)).toBeUndefined();
  await slots.discard("b");
  expect(await asked()).toBeUndefined();
});
