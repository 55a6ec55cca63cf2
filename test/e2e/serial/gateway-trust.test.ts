/** A new trust record reaches a device behind a gateway: `sumac publish`, and the agent of the gateway carries it over the line. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fixture } from "../../support/example-product.ts";
import { gatewayConfig } from "../../support/gateway-config.ts";
import { publicKey, signedBy } from "../../support/served-unit.ts";
import { type Ended, SumacProcess, sumac } from "../../support/sumac-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const hasTerminals = process.platform !== "win32";
if (!hasTerminals) console.warn("trust over a gateway is not tried: this system has no pseudo-terminals");

describe.skipIf(!hasTerminals)("a trust record for a device behind a gateway", { timeout: 120_000 }, () => {
  const folder = temporaryFolder();
  const processes: SumacProcess[] = [];

  afterAll(async () => {
    for (const process of processes) process.kill("SIGINT");
    for (const process of processes) await process.ended;
  });

  const done = async (...words: readonly string[]): Promise<Ended> => {
    const ended = await sumac(words, { folder });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    return ended;
  };

  async function start(until: string, ...words: readonly string[]): Promise<[SumacProcess, unknown]> {
    const process = new SumacProcess([...words, "--json"], { folder });
    processes.push(process);
    return [process, (await process.next(until))["url"]];
  }

  const record = (name: string, keys: readonly string[]): Promise<Ended> =>
    done(
      ...["trust", "make", `${name}.trust`, "--part", "vendor", "--root", publicKey("vendor-p256")],
      ...keys.flatMap((key) => ["--release", publicKey(key)]),
    );

  async function release(version: string, sequence: number, by: string): Promise<string> {
    await done(
      ...["release", "build", fixture("images", `rtu-demo-${version}.bin`), "--config", fixture("sumac.yaml")],
      ...["--version", version, "--sequence", `${sequence}`, "--out", `release-${sequence}`, ...signedBy(by)],
    );
    return `release-${sequence}/rtu-demo-${version}.suit`;
  }

  async function trustUpdate(name: string, sequence: number): Promise<string> {
    await done(
      ...["trust", "update", `${name}.trust`, "--config", fixture("sumac.yaml"), "--sequence", `${sequence}`],
      ...["--out", `${name}.suit`, ...signedBy("vendor-p256")],
    );
    return `${name}.suit`;
  }

  const trustOnDevice = async (): Promise<string> =>
    JSON.stringify((await done("device", "info", "--port", "port", "--json")).json<{ trust: unknown }>().trust);

  test("comes before the release that needs it, by the device's own judgement; the gateway writes down both", async () => {
    await record("vendor", ["vendor"]);
    await record("both", ["vendor", "owner"]);
    const factory = await release("1.0.0", 1, "vendor");
    // Above whatever is published here: the gateway, of the same class, has nothing to install.
    const ownFactory = await release("1.2.0", 9, "vendor");
    const [, url] = await start(
      "listening",
      ...["serve", "--data", "data", "--trust", publicKey("vendor"), "--trust", publicKey("owner"), "--port", "0"],
      ...["--trust-root", publicKey("vendor-p256"), "--polling-seconds", "1"],
      ...["--publish-token-file", "publish.token", "--device-token-file", "device.token"],
    );
    const lines = [...gatewayConfig(url), "secondaries: [{ name: pump, controllerId: rtu-2, port: port }]"];
    writeFileSync(path.join(folder, "agent.yaml"), `${lines.join("\n")}\n`);
    await done(
      ...["device", "provision", "--config", "agent.yaml", "--product", fixture("sumac.yaml")],
      ...["--trust-record", "vendor.trust", "--factory", ownFactory, "--serial", "gateway-1", "--record", "made.json"],
    );
    await start(
      "listening",
      ...["device", "simulate", "pump", "--pty", "--id", "rtu-2", "--config", fixture("sumac.yaml"), "--link", "port"],
      ...["--trust-record", "vendor.trust", "--factory", factory, "--fault", "lost-answers=9"],
    );
    const before = await trustOnDevice();

    for (const file of [await release("1.1.0", 3, "owner"), await trustUpdate("both", 1)]) {
      await done("publish", file, "--server", String(url), "--token-file", "publish.token");
    }
    const [agent] = await start("polled", "device", "agent", "--config", "agent.yaml");
    const did: unknown[] = [];
    while (did.length < 2) {
      const told = await agent.next("secondary");
      if (told["did"] !== "nothing" && told["did"] !== "unreachable") did.push([told["did"], told["floor"]]);
    }
    agent.kill("SIGTERM");
    expect((await agent.ended).code).toBe(0);
    expect(did).toEqual([
      ["updated", 1],
      ["updated", 3],
    ]);
    expect(await trustOnDevice()).not.toBe(before);

    const log = await done("device", "log", "show", "unit", "--json");
    const { records } = log.json<{ records: readonly { type: string; facts: Record<string, string> }[] }>();
    const told = records.filter(({ facts }) => facts["secondary"] === "pump");
    expect(told.map(({ type, facts: { sequence, step, how } }) => [type, sequence, step ?? how])).toEqual([
      ["secondary-update-received", undefined, undefined],
      ["secondary-update-started", "1", "install"],
      ["secondary-update-confirmed", "1", "updated"],
      ["secondary-update-received", undefined, undefined],
      ["secondary-update-started", "3", "install"],
      ["secondary-update-started", "3", "restart"],
      ["secondary-update-confirmed", "3", "updated"],
    ]);
  });
});
