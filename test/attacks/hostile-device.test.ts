import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createToken, revokeToken } from "@sumac/server";
import { formatUuid } from "@sumac/suit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { envelopeName, offered, releases, vendorTrust } from "../support/attack-scene.ts";
import { AttackedDevice } from "../support/attacked-device.ts";
import { classId, vendorId } from "../support/example-product.ts";
import { OnPathAttacker } from "../support/on-path-attacker.ts";
import { TestServer } from "../support/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(vendorTrust);
  await server.publish(offered);
});
afterAll(() => server.close());

/** A device with a token of its own, known to the server. */
interface Registered {
  readonly id: string;
  readonly authorization: string;
}

async function register(id: string): Promise<Registered> {
  const answer = await fetch(`${server.url}/api/v1/devices`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.tokens.operator}`, "content-type": "application/json" },
    body: JSON.stringify({ controllerId: id }),
  });
  const { targetToken } = (await answer.json()) as { targetToken: string };
  return { id, authorization: `TargetToken ${targetToken}` };
}

/** A request of DDI, by whoever claims to be `as`, about device `id`. */
async function ddi(
  as: Pick<Registered, "authorization"> | "nobody",
  method: string,
  about: string,
  body?: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${server.url}/DEFAULT/controller/v1/${about}`, {
    method,
    headers: { ...(as === "nobody" ? {} : { authorization: as.authorization }), "content-type": "application/json" },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, text: await answer.text() };
}

const attributes = (data: Readonly<Record<string, string>>): string => JSON.stringify({ mode: "replace", data });
const belongs = { vendorId: formatUuid(vendorId), classId: formatUuid(classId) };
const feedback = (id: number, execution: string, finished: string, details: readonly string[]): string =>
  JSON.stringify({ id: String(id), status: { execution, result: { finished }, details } });
const success = (id: number): string => feedback(id, "closed", "success", ["running-verified"]);

/** Registers a device that is offered the release; answers with its action. */
async function offerTo(device: Registered): Promise<number> {
  expect(await ddi(device, "PUT", `${device.id}/configData`, attributes(belongs))).toMatchObject({ status: 200 });
  const { text } = await ddi(device, "GET", device.id);
  return Number(/deploymentBase\/(\d+)/.exec(text)?.[1]);
}

describe("T-SRV-HOSTILE-DEVICE: a device with a token of its own", () => {
  let mine: Registered;
  let other: Registered;
  let theirs: number;
  beforeAll(async () => {
    mine = await register("mine");
    other = await register("other");
    theirs = await offerTo(other);
  });

  const artifact = `softwaremodules/1/artifacts/${envelopeName}`;
  const tooMuch = "x".repeat(300_000);
  /** `ORDER` stands for the number of the other device's action. */
  const requests: readonly (readonly [what: string, method: string, about: string, body: string, status: number])[] = [
    ["polls as another device", "GET", "other", "", 401],
    ["describes another device", "PUT", "other/configData", attributes(belongs), 401],
    ["reads another device's order", "GET", "other/deploymentBase/ORDER", "", 401],
    ["fetches what another device is offered", "GET", `other/${artifact}`, "", 401],
    ["reports for another device", "POST", "other/deploymentBase/ORDER/feedback", success(1), 401],
    ["reads another device's order as its own", "GET", "mine/deploymentBase/ORDER", "", 404],
    ["reports on another device's order as its own", "POST", "mine/deploymentBase/ORDER/feedback", success(1), 404],
    ["cancels another device's order", "POST", "mine/cancelAction/ORDER/feedback", success(1), 404],
    ["fetches a release that it is not offered", "GET", `mine/${artifact}`, "", 404],
    ["climbs out of its own path", "GET", "mine/..%2fother", "", 404],
    ["is called by a path", "GET", "mine%2f..%2fother", "", 401],
    ["reports more than anybody reads", "POST", "mine/deploymentBase/1/feedback", tooMuch, 413],
    ["has more attributes than anybody reads", "PUT", "mine/configData", tooMuch, 413],
    ["sends attributes that are no JSON", "PUT", "mine/configData", "{", 400],
    ["sends attributes in another form", "PUT", "mine/configData", '{"data":{"a":{"b":1}}}', 400],
  ];
  test.each(requests)("%s: refused, and nothing changes for the other", async (_what, method, about, body, status) => {
    const before = await server.action(theirs);
    const sent = await ddi(mine, method, about.replace("ORDER", String(theirs)), body === "" ? undefined : body);
    expect(sent).toMatchObject({ status });
    expect(await server.action(theirs)).toEqual(before);
    expect(await server.device("other")).toMatchObject({ attributes: belongs, state: "approved" });
  });

  test.each([
    ["nobody", "nobody" as const],
    ["a gateway whose devices are others", () => ({ authorization: `GatewayToken ${server.tokens.gateway}` })],
    ["a publisher", () => ({ authorization: `GatewayToken ${server.tokens.publish}` })],
    ["a token of the wrong kind", () => ({ authorization: mine.authorization.replace("Target", "Gateway") })],
  ])("%s does not speak for it", async (_name, who) => {
    const as = typeof who === "function" ? who() : who;
    expect(await ddi(as, "GET", "mine")).toMatchObject({ status: 401 });
    // The same answer as for a device that is not there: nobody learns which are.
    expect((await ddi(as, "GET", "nowhere")).text).toBe((await ddi(as, "GET", "mine")).text);
  });

  test("cannot claim to run what it never fetched", async () => {
    const liar = await register("liar");
    const action = await offerTo(liar);
    for (const report of [feedback(action, "proceeding", "none", ["installed"]), success(action)]) {
      await ddi(liar, "POST", `liar/deploymentBase/${action}/feedback`, report);
    }
    expect(await server.action(action)).not.toMatchObject({ state: "running-verified" });
    expect(await server.action(action)).not.toMatchObject({ state: "installed-pending-restart" });
  });

  test("is shown as what it says, character for character", async () => {
    const strange = { ...belongs, "<script>": "'; drop table devices; --", __proto__x: "\u0000\u001b[2J\u202e" };
    const told = await ddi(mine, "PUT", "mine/configData", attributes(strange));
    expect(told.status).toBe(200);
    expect(await server.device("mine")).toMatchObject({ attributes: strange });
  });

  test("is read leniently and never believed for it: a report of any bytes changes no state but its own", async () => {
    const odd = await register("odd");
    const action = await offerTo(odd);
    for (const body of ["", "{", "[]", "null", '{"status":7}', "\u0000", '{"status":{"execution":"closed"}}']) {
      expect(await ddi(odd, "POST", `odd/deploymentBase/${action}/feedback`, body)).toMatchObject({ status: 200 });
    }
    expect(await server.action(action)).not.toMatchObject({ state: "running-verified" });
    expect(await server.action(theirs)).toMatchObject({ state: "approved", open: true });
  });
});

describe("T-SRV-TOKEN: the server's files are read", () => {
  test("no token is in them", async () => {
    const device = await register("has-a-token");
    const bytes = readdirSync(server.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "latin1"))
      .join("\n");
    expect(bytes).toContain("has-a-token");
    for (const token of [...Object.values(server.tokens), device.authorization.replace("TargetToken ", "")]) {
      expect(token).toMatch(/^[\w-]{43}$/);
      expect(bytes).not.toContain(token);
    }
  });

  test("a token that was revoked stops working, for devices and publishers", async () => {
    for (const [role, use] of [
      ["gateway", (token: string) => ddi({ authorization: `GatewayToken ${token}` }, "GET", "plc-1")],
      [
        "publish",
        (token: string) => fetch(`${server.url}/api/v1/releases`, { headers: { authorization: `Bearer ${token}` } }),
      ],
    ] as const) {
      const { id, token } = await createToken(server.folder, {
        role,
        label: "lost",
        ...(role === "gateway" ? { pattern: "plc-*" } : {}),
      });
      expect(await use(token)).toMatchObject({ status: 200 });
      await revokeToken(server.folder, id);
      expect(await use(token)).toMatchObject({ status: 401 });
    }
  });
});

describe("T-NET-ONPATH: the reports of a device are played again", () => {
  test("each is the report it was, or comes too late; the outcome stands", async () => {
    const attacker = await OnPathAttacker.start(() => server.url);
    try {
      const device = await AttackedDevice.provision(vendorTrust, releases["1.0.0"]);
      const access = { url: attacker.url, token: server.tokens.gateway, controllerId: "rtu-replayed" };
      expect(await device.meet(access, { selfTest: "failed" })).toMatchObject({ did: "reverted" });
      const failed = (await server.device(access.controllerId))?.action ?? 0;
      const reportsOfFailure = attacker.seen.filter(({ purpose }) => purpose === "feedback");
      expect(await device.meet(access)).toMatchObject({ did: "updated" });
      const reports = attacker.seen.filter(({ purpose }) => purpose === "feedback");
      expect(reportsOfFailure.length).toBeGreaterThan(3);
      expect(reports.length).toBeGreaterThan(reportsOfFailure.length);

      const outcome = async (): Promise<unknown> => {
        const { lastSeenAt: _lastSeenAt, ...seen } = (await server.device(access.controllerId)) ?? {};
        const { state, reason, open } = await server.action(failed);
        return [seen, { state, reason, open }];
      };
      const before = await outcome();
      expect(before).toMatchObject([
        { installed: { sequence: "3" } },
        { state: "rolled-back", reason: "self-test-failed" },
      ]);
      for (const report of [...reports, ...reports.toReversed()]) {
        expect([200, 410]).toContain(await attacker.replay(report));
        expect(await outcome()).toEqual(before);
      }
    } finally {
      await attacker.close();
    }
  });
});
