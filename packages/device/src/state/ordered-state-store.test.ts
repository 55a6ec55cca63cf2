import { expect, test } from "vitest";
import { OrderedStateStore } from "./ordered-state-store.ts";
import { numberedState } from "./state-store.contract.ts";
import type { StateReading } from "./state-store.ts";

test("no access begins before the one before it has ended, in whatever way", async () => {
  const told: string[] = [];
  const step = async (name: string): Promise<void> => {
    told.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    told.push(`${name} ends`);
  };
  const store = new OrderedStateStore({
    capacity: 700,
    async read(): Promise<StateReading> {
      await step("read");
      return { kind: "blank" };
    },
    async write() {
      await step("write");
      throw new Error("full");
    },
  });
  const write = store.write(numberedState(1n));
  const [reading] = await Promise.all([store.read(), expect(write).rejects.toThrow("full"), store.read()]);
  expect(reading).toEqual({ kind: "blank" });
  expect(store.capacity).toBe(700);
  expect(told).toEqual(["write begins", "write ends", "read begins", "read ends", "read begins", "read ends"]);
});
