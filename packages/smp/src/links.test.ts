import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { linkContract } from "./link.contract.ts";
import type { LinkFault } from "./link.ts";
import { memoryLinks } from "./memory-link.ts";
import { portAccess } from "./node-port-access.ts";
import { openPtyLink } from "./node-pty-link.ts";
import { listSerialPorts, openSerialLink } from "./node-serial-link.ts";
import { openTcpLink, socketLink } from "./node-tcp-link.ts";

linkContract("memory", async () => memoryLinks());

linkContract("TCP", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const near = await openTcpLink("127.0.0.1", address.port);
  const [socket] = await accepted;
  server.close();
  return [near, socketLink(socket)];
});

test("TCP: nobody listens there", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  server.close();
  await once(server, "close");
  const opened = openTcpLink("127.0.0.1", address.port);
  await expect(opened).rejects.toMatchObject({ code: "port-absent", facts: { path: `127.0.0.1:${address.port}` } });
});

test("TCP: a peer that talks without end is made to wait while nobody listens", async () => {
  let handedOver = 0;
  const server = createServer((socket) => {
    const talk = (): void => {
      const chunk = new Uint8Array(65_536).fill(0x41);
      while (socket.write(chunk)) handedOver += chunk.length;
      handedOver += chunk.length;
    };
    socket.on("drain", talk).on("error", () => undefined);
    talk();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const link = await openTcpLink("127.0.0.1", address.port);
  // Until nothing more goes: what the kernel and the queue hold together.
  for (let before = -1; before !== handedOver; ) {
    before = handedOver;
    await setTimeout(200);
  }
  const held = handedOver;
  expect(held).toBeLessThan(32e6);
  let read = 0;
  for await (const chunk of link.read()) {
    read += chunk.length;
    if (read > held + 1e6) break;
  }
  expect(read).toBeGreaterThan(held);
  await link.close();
  server.close();
});

const hasTerminals = process.platform !== "win32";
if (!hasTerminals) console.warn("serial ports are not tested: this system has no pseudo-terminals");

describe.skipIf(!hasTerminals)("a serial port", () => {
  linkContract("serial port on a pseudo-terminal", async () => {
    const far = openPtyLink();
    return [await openSerialLink({ path: far.path, baud: 115_200, controlLines: "low" }), far];
  });

  const opening = async (path: string): Promise<string> =>
    openSerialLink({ path, baud: 115_200, controlLines: "leave" }).then(
      () => "opened",
      (fault: LinkFault) => fault.code,
    );

  test("that is not there", async () => {
    expect(await opening("/dev/no-such-port")).toBe("port-absent");
  });

  test("that this user may not open: who may, and no group without rights", async () => {
    const far = openPtyLink();
    const { mode } = statSync(far.path);
    const denied = await withoutRights(far.path, () =>
      openSerialLink({ path: far.path, baud: 115_200, controlLines: "leave" }).then(
        () => "opened",
        (fault: LinkFault) => ({ code: fault.code, ...fault.facts }),
      ),
    );
    const owner = process.geteuid?.() === 0 ? { owner: "root" } : {};
    expect(denied).toEqual({ code: "port-denied", path: far.path, ...owner });
    expect(statSync(far.path).mode).toBe(mode);
    await far.close();
  });

  test("that is in use", async () => {
    const far = openPtyLink();
    const near = await openSerialLink({ path: far.path, baud: 115_200, controlLines: "leave" });
    expect(await opening(far.path)).toBe("port-busy");
    await Promise.all([near.close(), far.close()]);
  });

  test.each<[string, "members" | "owner" | "nobody"]>([
    ["660", "members"],
    ["666", "members"],
    ["600", "owner"],
    ["620", "owner"],
    ["640", "owner"],
    ["000", "nobody"],
  ])("of mode %s: its access is told by name, where the system has names", (mode, who) => {
    const folder = mkdtempSync(path.join(tmpdir(), "sumac-smp-"));
    const [port, groups, users] = ["port", "group", "passwd"].map((name) => path.join(folder, name)) as Triple;
    writeFileSync(port, "");
    // What belongs to root is told otherwise.
    if (process.geteuid?.() === 0) chownSync(port, 1234, 1234);
    chmodSync(port, Number.parseInt(mode, 8));
    const { uid, gid } = statSync(port);
    writeFileSync(groups, `wheel:x:${gid + 1}:\ndialout:x:${gid}:somebody\n`);
    writeFileSync(users, `other:x:${uid + 1}:5::/:/bin/sh\nmaker:x:${uid}:5::/:/bin/sh\n`);
    const told = { members: { group: "dialout" }, owner: { owner: "maker" }, nobody: {} };
    expect(portAccess(port, { groups, users })).toEqual(told[who]);
    expect(portAccess(path.join(folder, "absent"), { groups, users })).toEqual({});
    expect(portAccess(port, { groups: "/no/such/file", users: "/no/such/file" })).toEqual({});
    rmSync(folder, { recursive: true });
  });

  test("lists, or the system cannot say: neither is a fault", async () => {
    const listed = await listSerialPorts();
    expect(listed === undefined || listed.every((port) => port.path.length > 0)).toBe(true);
  });

  test("that is none", async () => {
    expect(await opening(import.meta.filename)).toBe("port-failed");
  });
});

type Triple = [string, string, string];

/** As somebody whom the port does not belong to: root becomes nobody for a moment, others take their own rights away. */
async function withoutRights<T>(port: string, work: () => Promise<T>): Promise<T> {
  const { mode } = statSync(port);
  const groups = process.getgroups?.() ?? [];
  const isRoot = process.geteuid?.() === 0;
  chmodSync(port, isRoot ? 0o600 : 0);
  if (isRoot) {
    process.setgroups?.([]);
    process.seteuid?.(65_534);
  }
  try {
    return await work();
  } finally {
    if (isRoot) {
      process.seteuid?.(0);
      process.setgroups?.(groups);
    }
    chmodSync(port, mode & 0o7777);
  }
}
