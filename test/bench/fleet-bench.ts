import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { BenchResult } from "./bench.ts";
import { mustRun } from "./run-process.ts";

const budgetMb = 1500;

interface Figures {
  readonly devices: number;
  readonly polls: number;
  readonly updates: number;
  readonly seconds: number;
  readonly peakMb: number;
}

/** Ten thousand simulated devices in one process against a real server in another, each through an update. */
export async function benchFleet(cli: string, root: string, folder: string, count: number): Promise<BenchResult> {
  const fixtures = path.join(root, "firmware-fixtures");
  const vendor = path.join(fixtures, "keys", "vendor.test-only.public.pem");
  const config = ["--config", path.join(fixtures, "sumac.yaml")];
  const here = { cwd: folder };
  for (const [version, sequence] of [
    ["1.1.0", "2"],
    ["1.2.0", "3"],
  ] as const) {
    const image = path.join(fixtures, "images", `rtu-demo-${version}.bin`);
    const signer = ["--test-only-key", path.join(fixtures, "keys", "vendor.test-only.private.pem")];
    const words = [cli, "release", "build", image, ...config, "--version", version, "--sequence", sequence, ...signer];
    await mustRun(process.execPath, words, here);
  }
  const tokens = ["--publish-token-file", "publish.token", "--device-token-file", "device.token"];
  const serve = [cli, "serve", "--data", "data", "--trust", vendor, "--port", "0", "--polling-seconds", "60", "--json"];
  const server = spawn(process.execPath, [...serve, ...tokens], { ...here, stdio: ["ignore", "pipe", "ignore"] });
  try {
    const [line] = (await once(server.stdout.setEncoding("utf8"), "data")) as [string];
    const url = String((JSON.parse(line.split("\n")[0] ?? "") as { url: unknown }).url);
    const publish = [cli, "publish", "rtu-demo-1.2.0.suit", "--server", url, "--token-file", "publish.token"];
    await mustRun(process.execPath, publish, here);
    const fleet = [cli, "device", "fleet", "--count", `${count}`, "--server", url, "--token-file", "device.token"];
    const plan = [...config, "--trust", vendor, "--factory", "rtu-demo-1.1.0.suit", "--ramp", "30", "--json"];
    const limits = ["--until-sequence", "3", "--seconds", "600"];
    const { stdout, peakMb } = await mustRun(process.execPath, [...fleet, ...plan, ...limits], {
      ...here,
      watch: "memory",
    });
    const figures = JSON.parse(stdout) as Figures;
    const { devices, updates, seconds, polls } = figures;
    return {
      name: `a fleet of ${count} simulated devices in one process`,
      rows: [
        { what: "peak resident memory", measured: peakMb ?? figures.peakMb, unit: "MB", budget: budgetMb },
        { what: "of the devices, not updated", measured: (count - updates) / count, unit: "x", budget: 0 },
        { what: "until all of them run the new release", measured: seconds, unit: "s" },
      ],
      details: { ...figures, devices, pollsPerSecond: polls / seconds, updatesPerSecond: updates / seconds },
    };
  } finally {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
}
