import { describe, expect, test } from "vitest";
import { measureBytes } from "../blobs/measure.ts";
import { sendRaw, statusOf } from "../raw-http.test.support.ts";
import {
  at,
  classId,
  publish,
  registerTestDevice,
  startTestServer,
  testDevice,
  toyRelease,
  vendorId,
} from "../server.test.support.ts";
import { createToken } from "../tokens/create-token.ts";

describe("poll", () => {
  test("asks a new device for its attributes, once, and says when to come back", async () => {
    const server = await startTestServer({ pollingSleepSeconds: 1 });
    const device = await registerTestDevice(server, "dev1");
    const base = `${server.url}/DEFAULT/controller/v1/dev1`;
    const first = await device.ddi("GET", "");
    expect(first.json).toEqual({
      config: { polling: { sleep: "00:00:01" } },
      _links: { configData: { href: `${base}/configData` } },
    });
    expect(first.headers.get("cache-control")).toBe("no-store");
    await device.report(0);
    expect((await device.ddi("GET", "")).json).toEqual({ config: { polling: { sleep: "00:00:01" } }, _links: {} });
  });

  test("links begin with the name that the device used", async () => {
    const server = await startTestServer();
    const { token } = await registerTestDevice(server, "dev1");
    const poll = (host: string) =>
      sendRaw(
        server.url,
        `GET /DEFAULT/controller/v1/dev1 HTTP/1.1\r\nHost: ${host}\r\nAuthorization: TargetToken ${token}\r\nConnection: close\r\n\r\n`,
      );
    expect(await poll("plant.example:8443")).toContain('"href":"http://plant.example:8443/DEFAULT/');
    expect(await poll("evil.example/x@y")).toContain(`"href":"${server.url}/DEFAULT/`);
    await server.close();
    const behindProxy = await startTestServer({
      dataDirectory: server.dataDirectory,
      publicUrl: "https://updates.example/s",
    });
    const answer = await testDevice(behindProxy, "dev1", token).ddi("GET", "");
    expect(at(answer, "_links.configData.href")).toBe(
      "https://updates.example/s/DEFAULT/controller/v1/dev1/configData",
    );
  });

  test("polling again and again makes one action, and no event", async () => {
    const server = await startTestServer();
    const device = await registerTestDevice(server, "dev1");
    await publish(server, toyRelease(5));
    await device.report(4);
    const ids = await Promise.all(Array.from({ length: 5 }, () => device.poll()));
    expect(ids).toEqual([1, 1, 1, 1, 1]);
    const events = at(await server.api("read", "GET", "/actions/1"), "events") as { kind: string }[];
    expect(events.map(({ kind }) => kind)).toEqual(["action-offered", "action-state"]);
  });
});

describe("which release", () => {
  test.each([
    ["newer than what it runs", { vendorId, classId, sequence: "4" }, 1],
    ["a device that runs nothing yet", { vendorId, classId, sequence: "0" }, 1],
    ["a device that does not say what it runs", { vendorId, classId }, 1],
    [
      "UUIDs in the long form and in capitals",
      { vendorId: "FA6B4A53-D5AD-5FDF-BE9D-E663E4D41FFE", classId, sequence: "4" },
      1,
    ],
    ["the same number", { vendorId, classId, sequence: "5" }, undefined],
    ["a higher number", { vendorId, classId, sequence: "6" }, undefined],
    ["a number near 2^64", { vendorId, classId, sequence: "18446744073709551615" }, undefined],
    ["another vendor", { vendorId: classId, classId, sequence: "4" }, undefined],
    ["another class", { vendorId, classId: vendorId, sequence: "4" }, undefined],
    ["no vendor", { classId, sequence: "4" }, undefined],
    ["an empty vendor", { vendorId: "", classId, sequence: "4" }, undefined],
    ["a wildcard", { vendorId: "%", classId: "*", sequence: "4" }, undefined],
  ])("%s", async (_name, data, action) => {
    const server = await startTestServer();
    const device = await registerTestDevice(server, "dev1");
    await publish(server, toyRelease(5));
    await device.ddi("PUT", "/configData", JSON.stringify({ data }));
    expect(await device.poll()).toBe(action);
  });

  test("the newest, and a newer one that is published later while nothing has begun", async () => {
    const server = await startTestServer();
    const device = await registerTestDevice(server, "dev1");
    await publish(server, toyRelease(5));
    await publish(server, toyRelease(6));
    await device.report(4);
    expect(await device.poll()).toBe(1);
    expect(at(await server.api("read", "GET", "/actions/1"), "release")).toBe(2);
    await publish(server, toyRelease(7));
    expect(await device.poll()).toBe(2);
    expect(at(await server.api("read", "GET", "/actions/1"), "state")).toBe("superseded");
    expect((await device.ddi("GET", "/deploymentBase/1")).status).toBe(404);
    await device.feedback(2, "proceeding", "none", "begun");
    await publish(server, toyRelease(8));
    expect(await device.poll()).toBe(2);
  });
});

test("deploymentBase is one chunk with the envelope and the payloads", async () => {
  const server = await startTestServer();
  const device = await registerTestDevice(server, "dev1");
  const release = toyRelease(5);
  await publish(server, release);
  await device.report(4);
  await device.poll();
  const answer = await device.ddi("GET", "/deploymentBase/1?c=forced&actionHistory=10");
  const artifact = (filename: string, bytes: Uint8Array) => {
    const { size, ...hashes } = measureBytes(bytes);
    const href = `${server.url}/DEFAULT/controller/v1/dev1/softwaremodules/1/artifacts/${filename}`;
    const md5sum = { href: `${href}.MD5SUM` };
    return {
      filename,
      size,
      hashes,
      _links: { download: { href }, md5sum, "download-http": { href }, "md5sum-http": md5sum },
    };
  };
  expect(answer.json).toEqual({
    id: "1",
    deployment: {
      download: "forced",
      update: "forced",
      chunks: [
        {
          part: "firmware",
          name: "toy",
          version: "5",
          artifacts: [artifact("manifest.suit", release.envelope), artifact(release.uri, release.payload)],
        },
      ],
    },
  });
});

describe("who is who", () => {
  const paths = [
    ["GET", ""],
    ["PUT", "/configData"],
    ["GET", "/deploymentBase/1"],
    ["POST", "/deploymentBase/1/feedback"],
    ["GET", "/cancelAction/1"],
    ["POST", "/cancelAction/1/feedback"],
    ["GET", "/installedBase/1"],
    ["GET", "/softwaremodules/1/artifacts/manifest.suit"],
    ["HEAD", "/softwaremodules/1/artifacts/manifest.suit"],
  ] as const;

  test.each(paths)("%s %s: only with the device's own token", async (method, path) => {
    const server = await startTestServer();
    const a = await registerTestDevice(server, "a");
    const b = await registerTestDevice(server, "b");
    await publish(server, toyRelease(5));
    await a.report(4);
    await a.poll();
    const before = (await server.api("read", "GET", "/actions/1")).text;
    for (const authorization of [
      undefined,
      `TargetToken ${b.token}`,
      `TargetToken ${a.token}x`,
      `GatewayToken ${a.token}`,
      `Bearer ${a.token}`,
      `TargetToken ${await server.token("publish")}`,
      "TargetToken ",
      `TargetToken ${"0".repeat(64)}`,
    ]) {
      const answer = await fetch(`${server.url}/DEFAULT/controller/v1/a${path}`, {
        method,
        ...(method === "PUT" || method === "POST"
          ? { body: '{"data":{"x":"y"},"status":{"execution":"closed","result":{"finished":"failure"}}}' }
          : {}),
        headers: authorization === undefined ? {} : { authorization },
      });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
      if (method !== "HEAD") expect(await answer.json()).toEqual({ code: "unauthorized" });
    }
    // An unknown device is answered like a known one with a wrong token.
    const nobody = testDevice(server, "nobody", a.token);
    expect(await nobody.ddi(method, path)).toMatchObject({ status: 401 });
    expect((await server.api("read", "GET", "/actions/1")).text).toBe(before);
  });

  test("another device's action is not there", async () => {
    const server = await startTestServer();
    const a = await registerTestDevice(server, "a");
    const b = await registerTestDevice(server, "b");
    await publish(server, toyRelease(5));
    await a.report(4);
    await b.report(5);
    await a.poll();
    for (const [method, path] of paths.slice(2)) {
      const answer = await b.ddi(method, path, method === "POST" ? "{}" : undefined);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
  });

  test("another tenant is not there, and tenants are compared exactly", async () => {
    const server = await startTestServer();
    const { token } = await registerTestDevice(server, "a");
    for (const tenant of ["OTHER", "default", "DEFAULT%20", "%00", "..%2fDEFAULT", "DEFAULT;x"]) {
      const answer = await fetch(`${server.url}/${tenant}/controller/v1/a`, {
        headers: { authorization: `TargetToken ${token}` },
      });
      expect([tenant, answer.status]).toEqual([tenant, 404]);
    }
  });

  test("the controller id is URL-decoded, once", async () => {
    const server = await startTestServer();
    const device = await registerTestDevice(server, "line:1+a@b");
    expect((await device.ddi("GET", "")).status).toBe(200);
    const twice = encodeURIComponent(encodeURIComponent("line:1+a@b"));
    const answer = await fetch(`${server.url}/DEFAULT/controller/v1/${twice}`, {
      headers: { authorization: `TargetToken ${device.token}` },
    });
    expect(answer.status).toBe(401);
  });

  test("no controller id leads anywhere else", async () => {
    const server = await startTestServer();
    const { token } = await registerTestDevice(server, "a");
    const climbing = ["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "..\\..", "%c0%ae"];
    for (const id of [...climbing, "a%00b", "a%0d%0aX: y", "%", "%zz", "a".repeat(5000)]) {
      const answer = await sendRaw(
        server.url,
        `GET /DEFAULT/controller/v1/${id} HTTP/1.1\r\nHost: x\r\nAuthorization: TargetToken ${token}\r\nConnection: close\r\n\r\n`,
      );
      expect([id, [400, 401, 404, 414].includes(statusOf(answer))]).toEqual([id, true]);
      expect(answer).not.toContain("root:");
      expect(answer).toContain('{"code":"');
    }
  });
});

describe("gateway tokens", () => {
  test("speak for the devices of their pattern and no others, and bring them into being", async () => {
    const server = await startTestServer();
    const { token } = await createToken(server.dataDirectory, { role: "gateway", label: "line 1", pattern: "line1-*" });
    const poll = async (id: string, scheme = "GatewayToken") =>
      (await fetch(`${server.url}/DEFAULT/controller/v1/${id}`, { headers: { authorization: `${scheme} ${token}` } }))
        .status;
    expect(await poll("line1-7")).toBe(200);
    expect(await poll("line1-7")).toBe(200);
    expect(await poll("line2-7")).toBe(401);
    expect(await poll("line1-8", "TargetToken")).toBe(401);
    expect(await poll("line1-8", "Bearer")).toBe(401);
    const devices = at(await server.api("read", "GET", "/devices"), "devices") as { controllerId: string }[];
    expect(devices.map(({ controllerId }) => controllerId)).toEqual(["line1-7"]);
    // What a gateway brought into being has no token of its own that could be guessed.
    expect((await testDevice(server, "line1-7", "0".repeat(43)).ddi("GET", "")).status).toBe(401);
  });

  test("no other token of the API is one", async () => {
    const server = await startTestServer();
    for (const role of ["publish", "read", "device-admin"] as const) {
      const answer = await fetch(`${server.url}/DEFAULT/controller/v1/x`, {
        headers: { authorization: `GatewayToken ${await server.token(role)}` },
      });
      expect(answer.status).toBe(401);
    }
    expect(at(await server.api("read", "GET", "/devices"), "devices")).toEqual([]);
  });
});

describe("configData", () => {
  test("is answered exactly 200 with nothing", async () => {
    const server = await startTestServer();
    const device = await registerTestDevice(server, "a");
    const answer = await device.report(1);
    expect([answer.status, answer.text, answer.headers.get("content-length")]).toEqual([200, "", "0"]);
  });

  test("keeps hostile text as text", async () => {
    const server = await startTestServer();
    const device = await registerTestDevice(server, "a");
    const data = { "<img src=x onerror=alert(1)>": "'; drop table devices; --", __proto__x: "\u0000\u202e" };
    expect((await device.ddi("PUT", "/configData", JSON.stringify({ data }))).status).toBe(200);
    const answer = await server.api("read", "GET", "/devices");
    expect(at(answer, "devices.0.attributes")).toEqual(data);
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test.each([
    ["no JSON", "hello", 400, { code: "invalid-body", field: "body" }],
    ["nothing", "", 400, { code: "invalid-body", field: "body" }],
    ["deep JSON", `${"[".repeat(100_000)}`, 400, { code: "invalid-body", field: "body" }],
    ["an unknown mode", '{"mode":"<new>","data":{}}', 400, { code: "invalid-body", field: "mode" }],
    ["a megabyte", JSON.stringify({ data: { a: "x".repeat(1_000_000) } }), 413, { code: "too-large", limit: 262_144 }],
  ])("%s is refused and changes nothing", async (_name, body, status, json) => {
    const server = await startTestServer();
    const device = await registerTestDevice(server, "a");
    await device.report(3);
    const answer = await device.ddi("PUT", "/configData", body);
    expect([answer.status, answer.json]).toEqual([status, json]);
    expect(at(await server.api("read", "GET", "/devices"), "devices.0.installed.sequence")).toBe("3");
  });

  test("other content types, and none, are read all the same", async () => {
    const server = await startTestServer();
    const device = await registerTestDevice(server, "a");
    for (const type of [
      "application/json;charset=UTF-8",
      "text/plain",
      "application/octet-stream",
      "application/x-www-form-urlencoded",
    ]) {
      expect((await device.ddi("PUT", "/configData", '{"data":{"a":"b"}}', { "content-type": type })).status).toBe(200);
    }
    const answer = await sendRaw(
      server.url,
      `PUT /DEFAULT/controller/v1/a/configData HTTP/1.1\r\nHost: x\r\nAuthorization: TargetToken ${device.token}\r\nConnection: close\r\nContent-Length: 18\r\n\r\n{"data":{"c":"d"}}`,
    );
    expect(statusOf(answer)).toBe(200);
    expect(at(await server.api("read", "GET", "/devices"), "devices.0.attributes")).toEqual({ a: "b", c: "d" });
  });
});
