import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { inspectDataDirectory } from "./consistency.test.support.ts";
import {
  atEnd,
  image,
  publish,
  startTestServer,
  type TestServer,
  temporaryDirectory,
  toyRelease,
} from "./server.test.support.ts";

/** A server in a process of its own, so that SIGKILL ends it as a power cut would end the program. */
async function startChild(dataDirectory: string): Promise<{ child: ChildProcess; url: string }> {
  const program = fileURLToPath(new URL("./serve.test.support.ts", import.meta.url));
  const child = spawn(process.execPath, [program, dataDirectory], { stdio: ["ignore", "pipe", "inherit"] });
  atEnd(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, url: line.toString().trim() };
}

test("SIGKILL at any time of a publication: the next server starts, fits together, and takes the release", async () => {
  const dataDirectory = temporaryDirectory();
  const first = await startTestServer({ dataDirectory });
  await first.token("publish");
  await first.close();
  for (const [round, delayMs] of [1, 8, 20, 35, 60].entries()) {
    const release = toyRelease(round + 1, {}, image(3_000_000, round));
    const { child, url } = await startChild(dataDirectory);
    const there: TestServer = {
      ...first,
      url,
      api: (role, method, path, body) => apiAt(first, url, role, method, path, body),
    };
    const publishing = publish(there, release).then(
      ({ status }) => status,
      () => 0,
    );
    await sleep(delayMs);
    child.kill("SIGKILL");
    await once(child, "exit");
    const answered = await publishing;
    const server = await first.restart();
    const before = inspectDataDirectory(dataDirectory);
    expect(before.faults).toEqual([]);
    expect(before.releases).toBeGreaterThanOrEqual(answered === 201 ? round + 1 : round);
    expect([200, 201]).toContain((await publish(server, release)).status);
    expect(inspectDataDirectory(dataDirectory)).toMatchObject({ faults: [], releases: round + 1 });
    await server.close();
  }
}, 60_000);

async function apiAt(
  first: TestServer,
  url: string,
  ...[role, method, path, body]: Parameters<TestServer["api"]>
): ReturnType<TestServer["api"]> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${await first.token(role)}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text(), json: undefined };
}
