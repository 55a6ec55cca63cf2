/** `sumac device agent` with `tuf`: a device behind it gets what the vendor's signed repository lists, and nothing else. */
import { copyFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { fixture } from "../../support/example-product.ts";
import { gatewayConfig } from "../../support/gateway-config.ts";
import { SigningPeople } from "../../support/signing-people.ts";
import type { SumacProcess } from "../../support/sumac-process.ts";

const hasTerminals = process.platform !== "win32";
if (!hasTerminals) console.warn("a repository over a gateway is not tried: this system has no pseudo-terminals");

describe.skipIf(!hasTerminals)("a device behind a gateway that asks a repository", { timeout: 180_000 }, () => {
  const people = new SigningPeople("root", "rob", "tom", "tim", "ada", "snap", "time");
  const processes: SumacProcess[] = [];

  afterAll(async () => {
    for (const process of processes) process.kill("SIGINT");
    for (const process of processes) await process.ended;
  });

  async function start(line: string): Promise<unknown> {
    const process = people.start(`${line} --json`);
    processes.push(process);
    return (await process.next("listening"))["url"];
  }

  async function order(): Promise<unknown> {
    const round = await people.run("device agent --config agent.yaml --once --json");
    expect(round.code, round.stderr).toBe(0);
    const told = round.stdout
      .trim()
      .split("\n")
      .map((each) => JSON.parse(each) as Record<string, unknown>);
    return told.filter(({ event }) => event === "secondary").at(-1);
  }

  test("T-GW-UNLISTED what the server offers and nobody listed stays away from it; what is listed is installed", async () => {
    const roles = "--root root.pub.pem --root rob.pub.pem --targets tom.pub.pem --targets tim.pub.pem";
    await people.good(`repo init repo ${roles} --snapshot snap.pub.pem --timestamp time.pub.pem`);
    await people.ceremony("1-root", "root", "rob");
    await people.good("repo line add repo drives --key ada.pub.pem");
    await people.ceremony("1-targets", "tom", "tim");
    copyFileSync(people.at("repo/metadata/1.root.json"), people.at("factory.root.json"));

    const tokens = "--publish-token-file publish.token --device-token-file device.token";
    const online = "--test-only-online-key snap.pem --test-only-online-key time.pem";
    const url = await start(`serve --data data --trust ada.pub.pem ${online} --port 0 --polling-seconds 1 ${tokens}`);
    const factory = await people.release("1.0.0", 1, "ada");
    // Above whatever is published here: the gateway, of the same class, has nothing to install.
    const ownFactory = await people.release("1.2.0", 9, "ada");
    const config = [
      ...gatewayConfig(url),
      "tuf: { root: factory.root.json }",
      "secondaries: [{ name: pump, controllerId: rtu-2, port: port }]",
    ];
    writeFileSync(people.at("agent.yaml"), `${config.join("\n")}\n`);
    const trust = `--config ${fixture("sumac.yaml")} --trust ada.pub.pem`;
    await people.good(
      `device provision --config agent.yaml --product ${fixture("sumac.yaml")} --trust ada.pub.pem --factory ${ownFactory} --serial 1 --record 1.json`,
    );
    await start(`device serial pump --id rtu-2 ${trust} --factory ${factory} --link port`);

    const send = `--server ${url} --token-file publish.token`;
    await people.good(`publish ${await people.release("1.1.0", 2, "ada")} ${send}`);
    expect(await order()).toMatchObject({ name: "pump", did: "refused", code: "target-not-named", floor: 1 });

    const listed = await people.release("1.1.0", 3, "ada");
    await people.good(`repo release add repo ${listed} --line drives --version 1.1.0`);
    await people.ceremony("1-line-drives", "ada");
    await people.good(`publish ${listed} --repo repo ${send}`);
    expect(await order()).toMatchObject({ name: "pump", did: "updated", state: "confirmed", floor: 3 });

    const log = (await people.good("device log show unit")).stdout;
    expect(log).toMatch(/secondary-update-refused refused .*code=target-not-named.*judgedBy=repository/);
  });
});
