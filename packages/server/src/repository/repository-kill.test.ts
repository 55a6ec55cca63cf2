import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { atEnd, startTestServer, type TestServer, temporaryDirectory } from "../server.test.support.ts";
import { TestReader } from "./reader.test.support.ts";
import { OfflineVendor, postGroup, putEnvelopes } from "./vendor.test.support.ts";

const kills = 100;

/** A server in a process of its own, so that SIGKILL ends it as a power cut would end the program. */
async function startChild(dataDirectory: string, keys: string): Promise<{ child: ChildProcess; url: string }> {
  const program = fileURLToPath(new URL("./serve-repository.test.support.ts", import.meta.url));
  const child = spawn(process.execPath, [program, dataDirectory, keys], { stdio: ["ignore", "pipe", "inherit"] });
  atEnd(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, url: line.toString().trim() };
}

test(`T-TUF-PUBLISH-KILLED: SIGKILL at ${kills} moments of publications: every device reads the old state or the new one, and a repetition ends it`, async () => {
  const dataDirectory = temporaryDirectory();
  const keys = path.join(temporaryDirectory(), "keys");
  const vendor = new OfflineVendor();
  const der = vendor.online.map(({ privateKey }) => privateKey.export({ format: "der", type: "pkcs8" }));
  writeFileSync(keys, der.map((key) => key.toString("base64")).join("\n"), { mode: 0o600 });
  vendor.release("drives/dx9/0.suit");
  const first = await startTestServer({ dataDirectory, repository: vendor.options() });
  await putEnvelopes(first, vendor);
  const group = await vendor.group();
  expect((await postGroup(first, group)).status).toBe(201);
  await first.close();

  const served = (name: string): Uint8Array | undefined => {
    const file = path.join(dataDirectory, "tuf", "metadata", name);
    return existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined;
  };
  const root = group.roots[0] ?? new Uint8Array();
  const longTime = new TestReader(root);
  const look = (target: string): string => {
    // A device that has read every state before, and one that reads for the first time.
    // The server that runs meanwhile has a clock of its own.
    const now = BigInt(Math.floor(Date.now() / 1000)) + 1n;
    const found = [longTime, new TestReader(root)].map((reader) => reader.look(served, target, now));
    const codes = found.map((each) => (each.ok ? "found" : each.error.code));
    expect(new Set(codes).size, codes.join()).toBe(1);
    return codes[0] ?? "";
  };
  const outcomes = { before: 0, after: 0 };
  let running = await startChild(dataDirectory, keys);
  for (let round = 1; round <= kills; round++) {
    const there: TestServer = { ...first, url: running.url };
    // Every third publication is of several files: a new key for the line, and the role that it signs.
    if (round % 3 === 0) vendor.rekey("line-drives");
    vendor.release(`drives/dx9/${round % 90}.${round}.suit`);
    const [name] = [...vendor.envelopes.keys()].slice(-1);
    for (const key of [...vendor.envelopes.keys()]) if (key !== name) vendor.envelopes.delete(key);
    await putEnvelopes(there, vendor);
    const next = await vendor.group();
    const publishing = postGroup(there, next).then(
      ({ status }) => status,
      () => 0,
    );
    await sleep((round * 7919) % 45);
    running.child.kill("SIGKILL");
    await once(running.child, "exit");
    const answered = await publishing;
    const target = `drives/dx9/${round % 90}.${round}.suit`;
    // What lies on the disk now is what a web server beside ours would serve.
    const code = look(target);
    expect(["found", "target-unknown"]).toContain(code);
    if (answered === 201) expect(code).toBe("found");
    outcomes[code === "found" ? "after" : "before"]++;
    expect(look("drives/dx9/0.suit")).toBe("found");
    running = await startChild(dataDirectory, keys);
    const again = await postGroup({ ...first, url: running.url }, next);
    expect([200, 201], JSON.stringify(again.body)).toContain(again.status);
    expect(look(target)).toBe("found");
    expect(existsSync(path.join(dataDirectory, "pending.json"))).toBe(false);
    if (round !== 80) continue;
    for (const [role, line] of vendor.lines) vendor.lines.set(role, { ...line, targets: firstOf(line.targets) });
  }
  running.child.kill("SIGKILL");
  // Both sides were met, or the moments tell nothing.
  expect(Math.min(outcomes.before, outcomes.after)).toBeGreaterThan(0);
}, 600_000);

/** A role holds a hundred targets at most. */
const firstOf = <T>(targets: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(targets).slice(0, 1));
