import { describe, expect, test } from "vitest";
import {
  at,
  publish,
  registerTestDevice,
  startTestServer,
  testDevice,
  toyRelease,
  vendorId,
} from "../server.test.support.ts";

describe("POST /devices", () => {
  test("shows the token once, and stores only its digest", async () => {
    const server = await startTestServer();
    const answer = await server.api("device-admin", "POST", "/devices", { controllerId: "dev1" });
    const token = String(at(answer, "targetToken"));
    expect(answer.status).toBe(201);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect((await testDevice(server, "dev1", token).ddi("GET", "")).status).toBe(200);
    for (const path of ["/devices", "/actions"]) {
      expect((await server.api("device-admin", "GET", path)).text).not.toContain(token);
    }
    expect(server.log.join("")).not.toContain(token);
  });

  test("an id is taken once", async () => {
    const server = await startTestServer();
    await registerTestDevice(server, "dev1");
    const again = await server.api("device-admin", "POST", "/devices", { controllerId: "dev1" });
    expect([again.status, again.json]).toEqual([409, { code: "device-exists", controllerId: "dev1" }]);
  });

  test.each([
    [{ controllerId: "../../etc" }, "controllerId"],
    [{ controllerId: "<script>" }, "controllerId"],
    [{ controllerId: "x'; drop table devices; --" }, "controllerId"],
    [{ controllerId: "" }, "controllerId"],
    [{ controllerId: "x".repeat(129) }, "controllerId"],
    [{ controllerId: 5 }, "controllerId"],
    [{ controllerId: "a", profile: "swupdate" }, "profile"],
    [{}, "body"],
  ])("refuses %j", async (body, field) => {
    const server = await startTestServer();
    const answer = await server.api("device-admin", "POST", "/devices", body);
    expect([answer.status, answer.json]).toEqual([400, { code: "invalid-body", field }]);
    expect(at(await server.api("read", "GET", "/devices"), "devices")).toEqual([]);
  });

  test("a new token ends the old one", async () => {
    const server = await startTestServer();
    const old = await registerTestDevice(server, "dev1");
    const answer = await server.api("device-admin", "POST", "/devices/dev1/token");
    expect(answer.status).toBe(200);
    expect((await old.ddi("GET", "")).status).toBe(401);
    expect((await testDevice(server, "dev1", String(at(answer, "targetToken"))).ddi("GET", "")).status).toBe(200);
    expect((await server.api("device-admin", "POST", "/devices/nobody/token")).status).toBe(404);
  });
});

test("GET /devices shows state, last seen, attributes and what is installed", async () => {
  let now = 5000;
  const server = await startTestServer({ clock: () => now });
  const device = await registerTestDevice(server, "dev1");
  await registerTestDevice(server, "dev2");
  await publish(server, toyRelease(7));
  await device.report(6, "ab".repeat(32));
  now = 9000;
  const action = await device.poll();
  const answer = await server.api("read", "GET", "/devices");
  expect(at(answer, "devices")).toEqual([
    {
      controllerId: "dev1",
      profile: "signed-report",
      state: "approved",
      action,
      lastSeenAt: 9000,
      lastAddress: "127.0.0.1",
      attributes: expect.objectContaining({ vendorId, sequence: "6" }),
      attributesAt: 5000,
      installed: { sequence: "6", manifestDigest: "ab".repeat(32) },
      registeredAt: 5000,
    },
    expect.objectContaining({ controllerId: "dev2", state: "idle", action: null, lastSeenAt: null, attributes: {} }),
  ]);
  expect(at(await server.api("read", "GET", "/devices?after=dev1&limit=1"), "devices.0.controllerId")).toBe("dev2");
});

describe("tokens of the API", () => {
  const requests = [
    ["GET", "/releases", ["read", "publish", "device-admin"]],
    ["GET", "/releases/1", ["read", "publish", "device-admin"]],
    ["POST", "/releases", ["publish"]],
    ["GET", "/devices", ["read", "device-admin"]],
    ["POST", "/devices", ["device-admin"]],
    ["POST", "/devices/x/token", ["device-admin"]],
    ["GET", "/actions", ["read", "device-admin"]],
    ["GET", "/actions/1", ["read", "device-admin"]],
    ["POST", "/actions/1/cancel", ["device-admin"]],
    ["POST", "/actions/1/retry", ["device-admin"]],
  ] as const;

  test.each(requests)("%s %s", async (method, path, allowed) => {
    const server = await startTestServer();
    for (const role of ["read", "publish", "device-admin"] as const) {
      const { status } = await server.api(role, method, path);
      expect([role, status === 403]).toEqual([role, !(allowed as readonly string[]).includes(role)]);
    }
    const device = await registerTestDevice(server, "dev1");
    for (const authorization of [
      undefined,
      "Bearer",
      "Bearer wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong",
      `Bearer ${device.token}`,
      `TargetToken ${await server.token("read")}`,
      `Basic ${btoa("a:b")}`,
      `Bearer ${"x".repeat(5000)}`,
    ]) {
      const answer = await fetch(`${server.url}/api/v1${path}`, {
        method,
        headers: authorization === undefined ? {} : { authorization },
      });
      expect([authorization, answer.status, await answer.json()]).toEqual([
        authorization,
        401,
        { code: "unauthorized" },
      ]);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
  });
});
