import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, testIo } from "../sumac.test.support.ts";
import { readAgentConfig } from "./agent-config.ts";
import { openPlatform } from "./agent-platform.ts";

const config = (folder: string, clock: string) =>
  readAgentConfig(
    new TextEncoder().encode(`
server: https://updates.example
controllerId: rtu-1
token: { file: device.token, kind: gateway }
profile: it
platform: { kind: files, folder: unit, components: [ { id: [firmware], maxSize: 64 KiB } ] }
restart: { kind: operator }
selfTest: not-tested
clock: ${clock}
`),
    { name: "agent.yaml", folder },
  );

test.each([
  ["host", 1_800_000_000n],
  ["none", undefined],
])("CR 2.11: with clock: %s a record of the log has the time %s", async (clock, expected) => {
  const folder = emptyFolder();
  const { platform, ...rest } = config(folder, clock);
  if (platform.kind === "flash") throw new Error("the platform is files");
  const time = { trustedTime: () => 1_800_000_000n, uptimeMs: () => 0 };
  const opened = await openPlatform({ ...rest, platform }, time, testIo({ folder }).io, platform.components);
  try {
    expect(opened.folder).toBe(join(folder, "unit"));
    await opened.log.append({ type: "restart-postponed", source: "agent", result: "waiting" });
    const times: (bigint | undefined)[] = [];
    for await (const { record } of opened.log.records()) times.push(record.time);
    expect(times).toEqual([expected]);
  } finally {
    await opened.close();
  }
});
