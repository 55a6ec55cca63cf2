import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import {
  at,
  publish,
  registerTestDevice,
  startTestServer,
  type TestDevice,
  type TestServer,
  type ToyRelease,
  toyRelease,
} from "../server.test.support.ts";

interface Scene {
  readonly server: TestServer;
  readonly device: TestDevice;
  readonly release: ToyRelease;
  state(): Promise<string>;
  events(): Promise<string[]>;
  fetchAll(): Promise<void>;
}

/** A device with one release on offer as action 1. */
async function scene(options: Parameters<typeof startTestServer>[0] = {}): Promise<Scene> {
  const server = await startTestServer(options);
  const device = await registerTestDevice(server, "dev1");
  const release = toyRelease(5);
  await publish(server, release);
  await device.report(4);
  await device.poll();
  return {
    server,
    device,
    release,
    async state() {
      const { json } = await server.api("read", "GET", "/actions/1");
      const { state, attempts, open, reason } = json as Record<string, unknown>;
      return `${state} ${open ? "open" : "closed"} ${attempts}${reason === null ? "" : ` ${reason}`}`;
    },
    async events() {
      return (at(await server.api("read", "GET", "/actions/1"), "events") as { kind: string }[]).map(
        ({ kind }) => kind,
      );
    },
    async fetchAll() {
      await device.ddi("GET", "/deploymentBase/1");
      for (const file of ["manifest.suit", release.uri]) {
        expect((await device.ddi("GET", `/softwaremodules/1/artifacts/${file}`)).status).toBe(200);
      }
    },
  };
}

test("from offer to confirmed boot, as the Sumac agent reports it", async () => {
  const { server, device, release, state, fetchAll, events } = await scene();
  expect(await state()).toBe("approved open 0");
  await fetchAll();
  expect(await state()).toBe("downloading open 1");
  await device.feedback(1, "proceeding", "none", "downloaded");
  await device.feedback(1, "proceeding", "none", "staged");
  expect(await state()).toBe("staged open 1");
  await device.feedback(1, "proceeding", "none", "installed");
  expect(await state()).toBe("installed-pending-restart open 1");
  // The link stays, and tells a device without memory not to install again (server.md 4 rule 3).
  expect(at(await device.ddi("GET", ""), "_links.deploymentBase.href")).toContain("/deploymentBase/1?c=skip");
  expect(at(await device.ddi("GET", "/deploymentBase/1"), "deployment.update")).toBe("skip");
  const closing = await device.feedback(1, "closed", "success", "running-verified");
  expect([closing.status, closing.text]).toEqual([200, ""]);
  expect(await state()).toBe("running-verified closed 1");
  // Before the device says anything more, it counts as running what it confirmed; and it is asked.
  expect(at(await server.api("read", "GET", "/devices"), "devices.0.installed")).toEqual({
    sequence: "5",
    manifestDigest: release.manifestDigest,
  });
  const poll = await device.ddi("GET", "");
  expect(at(poll, "_links.deploymentBase")).toBeUndefined();
  expect(at(poll, "_links.configData.href")).toBeDefined();
  expect(at(await device.ddi("GET", "/installedBase/1"), "id")).toBe("1");
  expect(await events()).toEqual([
    "action-offered",
    "action-state",
    "action-retrieved",
    "download-started",
    "action-state",
    "feedback",
    "action-state",
    "feedback",
    "feedback",
    "action-state",
    "feedback",
    "action-state",
  ]);
});

test("the row is what its events say", async () => {
  const { server, device, fetchAll } = await scene();
  await fetchAll();
  await device.feedback(1, "proceeding", "none", "installed");
  await device.feedback(1, "closed", "failure", "self-test-failed");
  const { json } = await server.api("read", "GET", "/actions/1");
  const { state, events } = json as { state: string; events: { kind: string; data: { from: string; to: string } }[] };
  const changes = events.filter(({ kind }) => kind === "action-state").map(({ data }) => data);
  for (const [index, change] of changes.entries()) if (index > 0) expect(change.from).toBe(changes[index - 1]?.to);
  expect(changes.at(-1)?.to).toBe(state);
  expect(state).toBe("rolled-back");
});

describe("answers", () => {
  test("a report whose answer was lost is one report", async () => {
    const { device, fetchAll, events } = await scene();
    await fetchAll();
    const before = await events();
    for (let i = 0; i < 3; i++) expect((await device.feedback(1, "proceeding", "none", "staged")).status).toBe(200);
    expect(await events()).toEqual([...before, "feedback", "action-state"]);
  });

  test("a closing report again is 200, also with another time in it; anything else is 410 and kept", async () => {
    const { device, fetchAll, state, events } = await scene();
    await fetchAll();
    const close = (time: string) =>
      device.ddi(
        "POST",
        "/deploymentBase/1/feedback",
        JSON.stringify({
          time,
          status: { execution: "closed", result: { finished: "success" }, details: ["running-verified"] },
        }),
      );
    expect((await close("1")).status).toBe(200);
    expect((await close("1")).status).toBe(200);
    expect((await close("2")).status).toBe(200);
    const late = await device.feedback(1, "closed", "failure", "too-late");
    expect([late.status, late.json]).toEqual([410, { code: "gone" }]);
    expect(await state()).toBe("running-verified closed 1");
    expect((await events()).at(-1)).toBe("late-feedback");
  });

  test.each(["0", "2", "01", "-1", "1.0", "2147483648", "3000000000", "x", "1%2f..%2f1", "%00", "1'--"])(
    "there is no action %s",
    async (id) => {
      const { device, state } = await scene();
      for (const path of [`/deploymentBase/${id}`, `/cancelAction/${id}`, `/installedBase/${id}`]) {
        expect((await device.ddi("GET", path)).status).toBe(404);
      }
      for (const path of [`/deploymentBase/${id}/feedback`, `/cancelAction/${id}/feedback`]) {
        expect(
          (await device.ddi("POST", path, '{"status":{"execution":"closed","result":{"finished":"failure"}}}')).status,
        ).toBe(404);
      }
      expect(await state()).toBe("approved open 0");
    },
  );
});

describe("hostile bodies", () => {
  const closed = '"execution":"closed","result":{"finished":"failure"}';
  test.each([
    ["a raw line feed", `{"status":{${closed},"details":["a\nb"]}}`, "json-repaired", "failed closed 0 unexplained"],
    ["raw quotes", `{"status":{${closed},"details":["say "hi""]}}`, "pattern", "failed closed 0 unexplained"],
    ["no JSON", "<html>", "nothing", "approved open 0"],
    ["nothing", "", "nothing", "approved open 0"],
    ["bytes that are no text", "\u00ff\u00fe", "nothing", "approved open 0"],
    ["100,000 brackets", "[".repeat(100_000), "nothing", "approved open 0"],
  ])("%s: 200, kept as evidence", async (_name, body, readAs, state) => {
    const { server, device, ...rest } = await scene();
    const answer = await device.ddi("POST", "/deploymentBase/1/feedback", Buffer.from(body, "latin1"));
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(await rest.state()).toBe(state);
    const events = at(await server.api("read", "GET", "/actions/1"), "events") as {
      kind: string;
      data: Record<string, unknown>;
    }[];
    const feedback = events.find(({ kind }) => kind === "feedback");
    expect(feedback?.data["readAs"]).toBe(readAs);
    expect(feedback?.data["raw"]).toBe(new TextDecoder().decode(Buffer.from(body, "latin1").subarray(0, 65_536)));
  });

  test("a megabyte is 413, and nothing of it is kept", async () => {
    const { device, state, events } = await scene();
    const answer = await device.ddi(
      "POST",
      "/deploymentBase/1/feedback",
      `{"status":{${closed},"details":["${"x".repeat(1_000_000)}"]}}`,
    );
    expect([answer.status, answer.json]).toEqual([413, { code: "too-large", limit: 262_144 }]);
    expect(await state()).toBe("approved open 0");
    expect(await events()).toEqual(["action-offered", "action-state"]);
  });

  test("markup and SQL in details are text", async () => {
    const { server, device } = await scene();
    const details = ["<script>alert(1)</script>", "'); drop table events; --", "$(reboot)", "\u202e", "%s%n"];
    await device.feedback(1, "proceeding", "none", ...details);
    const answer = await server.api("read", "GET", "/actions/1");
    expect(at(answer, "events.2.data.details")).toEqual(details);
    expect(server.log.join("")).not.toContain("script");
  });

  test("a device in a loop cannot fill the disk, but its end is still heard", async () => {
    const { server, device, state, events } = await scene({ limits: { feedbackPerAction: 5 } });
    for (let i = 0; i < 20; i++) expect((await device.feedback(1, "proceeding", "none", `line ${i}`)).status).toBe(200);
    expect((await events()).filter((kind) => kind === "feedback")).toHaveLength(5);
    await device.feedback(1, "closed", "failure", "gave-up");
    expect(await state()).toBe("failed closed 0 gave-up");
    expect(server.log.join("")).not.toContain("line 7");
  });
});

describe("attempts", () => {
  test("three failures, with a growing pause, are all a device gets; a newer release starts afresh", async () => {
    let now = 1_000_000;
    const { server, device } = await scene({ clock: () => now, pollingSleepSeconds: 10 });
    const fail = async (action: number): Promise<void> => {
      await device.ddi("GET", "/softwaremodules/1/artifacts/manifest.suit");
      await device.feedback(action, "closed", "failure", "image-digest-mismatch");
    };
    await fail(1);
    expect(await device.poll()).toBe(2);
    await fail(2);
    expect(await device.poll()).toBeUndefined();
    now += 10_000;
    expect(await device.poll()).toBe(3);
    await fail(3);
    now += 1e9;
    expect(await device.poll()).toBeUndefined();
    await publish(server, toyRelease(6));
    expect(await device.poll()).toBe(4);
  });

  test("closing as success without installing counts, and stops in the end (server.md 1 fact 2)", async () => {
    const { device, state } = await scene();
    for (const after of [
      "approved open 1 not-installed",
      "approved open 2 not-installed",
      "failed closed 3 not-installed",
    ]) {
      await device.ddi("GET", "/deploymentBase/1");
      // Twice: an answer that was lost does not cost a try.
      await device.feedback(1, "closed", "success", "Skipped Update.");
      await device.feedback(1, "closed", "success", "Skipped Update.");
      expect(await state()).toBe(after);
    }
    expect(await device.poll()).toBeUndefined();
  });

  test("beginning the same download for ever stops", async () => {
    const { device, state, release } = await scene({ limits: { payloadDownloads: 4 } });
    const get = async (headers = {}) =>
      (await device.ddi("GET", `/softwaremodules/1/artifacts/${release.uri}`, undefined, headers)).status;
    for (let i = 0; i < 4; i++) expect(await get()).toBe(200);
    // Going on where it stopped is no new beginning.
    for (let i = 0; i < 6; i++) expect(await get({ range: "bytes=100-" })).toBe(206);
    expect(await get()).toBe(404);
    expect(await state()).toBe("failed closed 1 too-many-downloads");
  });

  test("an operator may allow another try", async () => {
    const { server, device } = await scene({ limits: { attempts: 1 } });
    await device.ddi("GET", "/softwaremodules/1/artifacts/manifest.suit");
    expect((await server.api("device-admin", "POST", "/actions/1/retry")).json).toEqual({
      code: "action-open",
      state: "downloading",
    });
    await device.feedback(1, "closed", "failure", "x");
    expect(await device.poll()).toBeUndefined();
    expect((await server.api("device-admin", "POST", "/actions/1/retry")).status).toBe(200);
    expect(await device.poll()).toBe(2);
    expect((await server.api("device-admin", "POST", "/actions/99/retry")).status).toBe(404);
  });
});

describe("cancelling", () => {
  const cancel = (server: TestServer) => server.api("device-admin", "POST", "/actions/1/cancel");
  const acknowledge = (device: TestDevice, execution = "closed", finished = "success") =>
    device.ddi(
      "POST",
      "/cancelAction/1/feedback",
      JSON.stringify({ status: { execution, result: { finished }, details: [] } }),
    );

  test("before the device has seen anything: withdrawn, and not offered again", async () => {
    const { server, device, state } = await scene();
    expect(await cancel(server)).toMatchObject({ status: 200, json: { state: "cancelled", open: false } });
    expect(await cancel(server)).toMatchObject({ status: 200 });
    expect(await state()).toBe("cancelled closed 0 cancelled-by-operator");
    expect(await device.poll()).toBeUndefined();
    expect((await device.ddi("GET", "/deploymentBase/1")).status).toBe(404);
    await server.api("device-admin", "POST", "/actions/1/retry");
    expect(await device.poll()).toBe(2);
  });

  test("during a download: the device is asked, and its last report is still taken", async () => {
    const { server, device, state, fetchAll } = await scene();
    await fetchAll();
    expect(await cancel(server)).toMatchObject({ status: 200, json: { state: "downloading", cancel: "requested" } });
    const poll = await device.ddi("GET", "");
    expect(at(poll, "_links.deploymentBase")).toBeUndefined();
    expect(at(poll, "_links.cancelAction.href")).toContain("/cancelAction/1");
    expect((await device.ddi("GET", "/cancelAction/1")).json).toEqual({ id: "1", cancelAction: { stopId: "1" } });
    expect((await device.ddi("GET", "/deploymentBase/1")).status).toBe(404);
    expect((await device.feedback(1, "proceeding", "none", "still going")).status).toBe(200);
    const answer = await acknowledge(device);
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(await state()).toBe("cancelled closed 1 cancelled-by-operator");
    expect((await acknowledge(device)).status).toBe(200);
    expect((await device.ddi("GET", "/cancelAction/1")).status).toBe(404);
    expect(await device.poll()).toBeUndefined();
  });

  test("a device may refuse, and goes on", async () => {
    const { server, device, state, fetchAll } = await scene();
    await fetchAll();
    await cancel(server);
    await acknowledge(device, "rejected", "success");
    expect(await device.poll()).toBe(1);
    await device.feedback(1, "closed", "success", "running-verified");
    expect(await state()).toBe("running-verified closed 1");
  });

  test("after installation: refused", async () => {
    const { server, device, state, fetchAll } = await scene();
    await fetchAll();
    await device.feedback(1, "proceeding", "none", "installed");
    expect(await cancel(server)).toMatchObject({ status: 409, json: { code: "already-installed" } });
    expect(await state()).toBe("installed-pending-restart open 1");
  });

  test("asked too late: the acknowledgement of a device that has installed does not count", async () => {
    const { server, device, state, fetchAll } = await scene();
    await fetchAll();
    await cancel(server);
    await device.feedback(1, "proceeding", "none", "installed");
    await acknowledge(device);
    expect(await state()).toBe("installed-pending-restart open 1");
    expect(await device.poll()).toBe(1);
  });

  test("a device that was never heard of again is given up", async () => {
    const { server, device, state, fetchAll } = await scene();
    await fetchAll();
    await device.feedback(1, "proceeding", "none", "installed");
    expect((await server.api("device-admin", "POST", "/actions/1/give-up")).status).toBe(200);
    expect(await state()).toBe("failed closed 1 given-up-by-operator");
    expect((await device.feedback(1, "closed", "success", "running-verified")).status).toBe(410);
    expect(await device.poll()).toBe(2);
  });

  test("an answer to a question nobody asked", async () => {
    const { device, state } = await scene();
    expect((await acknowledge(device)).status).toBe(404);
    expect((await device.ddi("GET", "/cancelAction/1")).status).toBe(404);
    expect(await state()).toBe("approved open 0");
  });
});

describe("attributes settle actions", () => {
  test("an installation whose report was lost", async () => {
    const { device, release, state, fetchAll } = await scene();
    await fetchAll();
    await device.feedback(1, "proceeding", "none", "installed");
    await device.report(5, release.manifestDigest);
    expect(await state()).toBe("running-verified closed 1");
    expect((await device.feedback(1, "closed", "success", "running-verified")).status).toBe(200);
  });

  test("the same number with another manifest proves nothing", async () => {
    const { device, state, fetchAll } = await scene();
    await fetchAll();
    await device.feedback(1, "proceeding", "none", "installed");
    await device.report(5, "cd".repeat(32));
    expect(await state()).toBe("installed-pending-restart open 1");
  });
});

test("a database that cannot be written answers feedback with 429, never 503 (server.md 4 rule 6)", async () => {
  let database: DatabaseSync | undefined;
  const server = await startTestServer({}, { openDatabase: (path) => (database = new DatabaseSync(path)) });
  const device = await registerTestDevice(server, "dev1");
  await publish(server, toyRelease(5));
  await device.report(4);
  await device.poll();
  database?.exec("pragma query_only = on");
  const answer = await device.feedback(1, "closed", "success", "running-verified");
  expect([answer.status, answer.json]).toEqual([429, { code: "database-failed" }]);
  expect(answer.headers.get("retry-after")).toBe("5");
  expect((await device.report(5)).status).toBe(503);
  database?.exec("pragma query_only = off");
  expect((await device.feedback(1, "closed", "failure", "x")).status).toBe(200);
});
