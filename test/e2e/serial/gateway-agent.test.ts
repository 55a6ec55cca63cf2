/** `sumac device agent` with devices at its serial ports: a real server, and each device a process at a real pseudo-terminal. */

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { classIdFor, formatUuid, vendorIdFor } from "@sumac/suit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixture } from "../../support/example-product.ts";
import { gatewayConfig } from "../../support/gateway-config.ts";
import { root, SumacProcess, sumac } from "../../support/sumac-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const vendor = fixture("keys", "vendor.test-only.public.pem");
const signer = ["--test-only-key", fixture("keys", "vendor.test-only.private.pem")];
const sha1 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha1").update(bytes).digest());
const hasTerminals = process.platform !== "win32";
if (!hasTerminals) console.warn("the gateway is not tried: this system has no pseudo-terminals");

describe.skipIf(!hasTerminals)("an agent that is a gateway", { timeout: 120_000 }, () => {
  const folder = temporaryFolder();
  const inside = (name: string): string => path.join(folder, name);
  const processes: SumacProcess[] = [];
  let url = "";

  async function done(...words: readonly string[]): Promise<void> {
    expect(await sumac(words, { folder })).toMatchObject({ code: 0 });
  }

  async function start(until: string, ...words: readonly string[]): Promise<SumacProcess> {
    const process = new SumacProcess([...words, "--json"], { folder });
    processes.push(process);
    await process.next(until);
    return process;
  }

  const vendorId = vendorIdFor("vendor.example", sha1);
  const classId = classIdFor(vendorId, "mcu-demo", sha1);

  beforeAll(async () => {
    const build = (image: string, config: string, version: string, sequence: string, out: string): Promise<void> =>
      done(
        ...["release", "build", image, "--config", config, "--version", version, "--sequence", sequence],
        ...["--out", out, ...signer],
      );
    const config = fixture("sumac.yaml");
    await build(fixture("images", "rtu-demo-1.0.0.bin"), config, "1.0.0", "1", "one");
    await build(fixture("images", "rtu-demo-1.1.0.bin"), config, "1.1.0", "2", "two");
    writeFileSync(inside("mcu.yaml"), readFileSync(config, "utf8").replace("product: rtu-demo", "product: mcu-demo"));
    for (const [version, counter, file] of [
      ["1.0.0", "1", "first.bin"],
      ["1.1.0", "2", "second.bin"],
    ] as const) {
      await done(
        ...["mcuboot", "sign", fixture("images", `rtu-demo-${version}.bin`), "--version", version, "--out", file],
        ...["--security-counter", counter, "--header-size", "512", "--slot-size", "524288", ...signer],
      );
    }
    await build("second.bin", "mcu.yaml", "1.1.0", "7", "mcu");
    const tokens = ["--publish-token-file", "publish.token", "--device-token-file", "device.token"];
    const server = new SumacProcess(
      ["serve", "--data", "data", "--trust", vendor, "--port", "0", "--polling-seconds", "1", ...tokens, "--json"],
      { folder },
    );
    processes.push(server);
    url = String((await server.next("listening"))["url"]);
    for (const release of ["two/rtu-demo-1.1.0.suit", "mcu/mcu-demo-1.1.0.suit"]) {
      await done("publish", release, "--server", url, "--token-file", "publish.token");
    }
  });

  afterAll(async () => {
    for (const process of processes) process.kill("SIGINT");
    for (const process of processes) await process.ended;
  });

  const lines = (): string[] => [
    ...gatewayConfig(url),
    "interlock: { file: interlock }",
    "secondaries:",
    "  - { name: pump, controllerId: rtu-2, port: pump-port }",
    "  - name: valve",
    "    controllerId: rtu-3",
    "    port: valve-port",
    "    personality: mcuboot",
    `    vendorId: ${formatUuid(vendorId)}`,
    `    classId: ${formatUuid(classId)}`,
    `    trust: [${vendor}]`,
    "  - { name: spare, controllerId: rtu-4, port: spare-port }",
  ];

  interface Status {
    readonly secondaries: readonly Readonly<Record<string, unknown>>[];
  }
  const status = async (): Promise<Status["secondaries"]> =>
    (await sumac(["device", "status", "unit", "--json"], { folder })).json<Status>().secondaries;

  test("updates both kinds from its own server, holds to its interlock, and shows each of them", async () => {
    writeFileSync(inside("agent.yaml"), `${lines().join("\n")}\n`);
    await done(
      ...["device", "provision", "--config", "agent.yaml", "--product", fixture("sumac.yaml"), "--trust", vendor],
      ...["--factory", "two/rtu-demo-1.1.0.suit", "--serial", "gateway-1", "--record", "gateway-1.json"],
    );
    await start(
      "listening",
      ...["device", "serial", "pump", "--id", "rtu-2", "--config", fixture("sumac.yaml"), "--trust", vendor],
      ...["--factory", "one/rtu-demo-1.0.0.suit", "--link", "pump-port", "--fault", "unplug-at=6000"],
    );
    await start(
      "listening",
      ...["device", "serial", "valve", "--personality", "mcuboot-recovery", "--trust", vendor],
      ...["--factory", "first.bin", "--link", "valve-port", "--fault", "unplug-at=9000"],
    );

    const held = await start("polled", "device", "agent", "--config", "agent.yaml");
    const waiting = new Set<unknown>();
    while (waiting.size < 2) {
      const told = await held.next("secondary");
      if (told["did"] === "waiting") waiting.add(told["name"]);
      if (told["did"] === "waiting") expect(told).toMatchObject({ code: "interlock" });
    }
    expect(waiting).toEqual(new Set(["pump", "valve"]));

    writeFileSync(inside("interlock"), "clear\n");
    const updated = new Set<unknown>();
    while (updated.size < 2) {
      const told = await held.next("secondary");
      if (told["did"] === "updated") updated.add(told["name"]);
    }
    held.kill("SIGTERM");
    expect((await held.ended).code).toBe(0);

    expect(await status()).toMatchObject([
      { name: "pump", controllerId: "rtu-2", personality: "sumac", state: "confirmed", floor: 2 },
      { name: "valve", controllerId: "rtu-3", personality: "mcuboot", state: "confirmed", floor: 7 },
      { name: "spare", controllerId: "rtu-4", state: "unreachable", code: "port-absent" },
    ]);
    const shown = await sumac(["device", "status", "unit"], { folder });
    expect(shown.stdout).toMatch(/secondary valve \(rtu-3\) at .*valve-port: confirmed, sequence 7\n/);
    expect(shown.stdout).toMatch(/secondary spare \(rtu-4\) at .*spare-port: unreachable, port-absent\n/);
    const listed = await sumac(["device", "list", "--port", "valve-port", "--json"], { folder });
    expect(listed.stdout).toContain("1.1.0");
  });

  test("what happened to each of them stands in the gateway's own log, by its name", async () => {
    const log = await sumac(["device", "log", "show", "unit", "--json"], { folder });
    expect(log.code).toBe(0);
    const { records } = log.json<{ records: readonly { type: string; facts: Record<string, string> }[] }>();
    for (const [name, sequence] of [
      ["pump", "2"],
      ["valve", "7"],
    ]) {
      const told = records
        .filter(({ facts }) => facts["secondary"] === name)
        .map(({ type, facts: { code, step, how, ...facts } }) => {
          if (type !== "secondary-update-received") expect(facts).toMatchObject({ sequence });
          return [type.replace("secondary-update-", ""), code ?? step ?? how].join(" ").trimEnd();
        });
      expect(told).toEqual([
        "received",
        "waiting interlock",
        "started install",
        "started restart",
        "confirmed updated",
      ]);
    }
  });

  test("an older release is no way back for a device that keeps no floor: its gateway does", async () => {
    const ledger = readFileSync(inside("unit/secondary-valve"), "utf8");
    expect(ledger).toMatch(/^7 [0-9a-f]{64} [0-9a-f]{64}\n$/);
    writeFileSync(inside("unit/secondary-valve"), "nonsense\n");
    const once = await sumac(["device", "agent", "--config", "agent.yaml", "--once"], { folder });
    expect(once.code).toBe(0);
    expect(await status()).toMatchObject([{}, { name: "valve", state: "unreachable", code: "ledger-damaged" }, {}]);
    rmSync(inside("unit/secondary-valve"));
    expect(await sumac(["device", "agent", "--config", "agent.yaml", "--once"], { folder })).toMatchObject({ code: 0 });
    expect(readFileSync(inside("unit/secondary-valve"), "utf8")).toBe(ledger);
    expect(existsSync(inside("unit/secondary-valve.new"))).toBe(false);
  });

  test("the configuration in docs/serial.md is one that works", async () => {
    const page = readFileSync(path.join(root, "docs/serial.md"), "utf8");
    const [, example = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(page) ?? [];
    const before = lines().slice(0, lines().indexOf("secondaries:"));
    writeFileSync(inside("page.yaml"), `${before.join("\n")}\n${example}`);
    const checked = await sumac(["device", "agent", "--config", "page.yaml", "--check-config"], { folder });
    expect(checked).toMatchObject({ code: 0, stderr: "" });
    expect(checked.stdout).toContain("secondary valve (rtu-3), mcuboot, at /dev/ttyUSB1");
  });

  test.each([
    ["a token for one device", "token: { file: device.token, kind: target }", /secondaries need a token/],
    ["a name twice", "  - { name: valve, controllerId: rtu-9, port: x }", /name is "valve"/],
    ["a port twice", "  - { name: x, controllerId: rtu-9, port: valve-port }", /port is ".*valve-port"/],
    ["the gateway's own name", "  - { name: x, controllerId: gateway-1, port: x }", /controllerId is "gateway-1"/],
    ["keys of a device that has its own", "  - { name: x, controllerId: y, port: x, trust: [a] }", /trust is what/],
  ])("a configuration with %s is refused, and the line named", async (_, line, problem) => {
    const isToken = line.startsWith("token");
    const text = isToken ? lines().map((each) => (each.startsWith("token") ? line : each)) : [...lines(), line];
    writeFileSync(inside("wrong.yaml"), `${text.join("\n")}\n`);
    const checked = await sumac(["device", "agent", "--config", "wrong.yaml", "--check-config"], { folder });
    expect(checked.code).toBe(4);
    expect(checked.stderr).toMatch(/^error\[config-bad-value\]: wrong.yaml: line \d+/);
    expect(checked.stderr).toMatch(problem);
  });
});
