import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { fixture } from "../support/example-product.ts";
import { type Ended, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const inside = (...parts: readonly string[]): string => path.join(folder, ...parts);

/** Ends the process when the record is about to get its name: the unit is written, and nobody knows it. */
const killAtTheRecord = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const link = fs.linkSync;
fs.linkSync = (from, to) => (to.endsWith("record.json") ? process.kill(process.pid, "SIGKILL") : link(from, to));
syncBuiltinESMExports();
`;

async function provision(kind: string, serial: string, environment: Record<string, string> = {}): Promise<Ended> {
  const product = ["--product", fixture("sumac.yaml"), "--trust", fixture("keys", "vendor.test-only.public.pem")];
  const words = ["device", "provision", "--config", `${kind}.yaml`, ...product, "--factory", "rtu-demo-1.1.0.suit"];
  return sumac([...words, "--serial", serial, "--record", `${kind}-record.json`], { folder, environment });
}

beforeAll(async () => {
  const image = fixture("images", "rtu-demo-1.1.0.bin");
  const signed = ["--test-only-key", fixture("keys", "vendor.test-only.private.pem")];
  const named = ["--config", fixture("sumac.yaml"), "--version", "1.1.0", "--sequence", "2"];
  expect(await sumac(["release", "build", image, ...named, ...signed], { folder })).toMatchObject({ code: 0 });
  writeFileSync(inside("kill.mjs"), killAtTheRecord);
  const platforms = {
    files: "platform: { kind: files, folder: files, components: [{ id: [firmware], maxSize: 256 KiB }] }",
    flash: "platform: { kind: flash, folder: flash }",
  };
  for (const [kind, platform] of Object.entries(platforms)) {
    const lines = [
      "server: http://127.0.0.1:1",
      "controllerId: rtu-1",
      "token: { file: device.token, kind: gateway }",
      "profile: it",
      platform,
      `restart: { kind: ${kind === "flash" ? "simulated" : "operator"} }`,
      "selfTest: not-tested",
    ];
    writeFileSync(inside(`${kind}.yaml`), lines.join("\n"));
  }
});

describe("EDR 3.12: a kill between the unit and its record", { timeout: 30_000 }, () => {
  test.each(["files", "flash"])("EDR 3.12: the same line again reads back and records, on %s", async (kind) => {
    const killed = await provision(kind, "SN-1", { NODE_OPTIONS: `--import=${inside("kill.mjs")}` });
    expect(killed.code).toBeNull();
    expect(existsSync(inside(`${kind}-record.json`))).toBe(false);
    const key = readFileSync(inside(kind, "device-key.pub.pem"), "utf8");

    expect(await provision(kind, "SN-1")).toMatchObject({ code: 0, stderr: "" });
    const record = JSON.parse(readFileSync(inside(`${kind}-record.json`), "utf8"));
    expect(record).toMatchObject({ serial: "SN-1", result: "passed", readBack: { release: { sequence: "2" } } });
    expect(record.written).toEqual(record.readBack);
    expect(readFileSync(inside(kind, "device-key.pub.pem"), "utf8")).toBe(key);
    expect(existsSync(inside(kind, "provisioning"))).toBe(false);

    const words = ["--factory", "rtu-demo-1.1.0.suit", "--serial", "SN-1", "--record", `${kind}-again.json`];
    const product = ["--product", fixture("sumac.yaml"), "--trust", fixture("keys", "vendor.test-only.public.pem")];
    const again = await sumac(["device", "provision", "--config", `${kind}.yaml`, ...product, ...words], { folder });
    expect(again).toMatchObject({ code: 3 });
    expect(again.stderr).toContain("error[already-provisioned]");
  });
});
