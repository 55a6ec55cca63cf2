import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { linkContract } from "./link.contract.ts";
import type { LinkFault } from "./link.ts";
import { memoryLinks } from "./memory-link.ts";
import { portGroup } from "./node-port-group.ts";
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

  test("that this user may not open: the group to join", async () => {
    const far = openPtyLink();
    const { mode, gid } = statSync(far.path);
    const denied = await withoutRights(far.path, () =>
      openSerialLink({ path: far.path, baud: 115_200, controlLines: "leave" }).then(
        () => "opened",
        (fault: LinkFault) => ({ code: fault.code, ...fault.facts }),
      ),
    );
    const group = gid === 0 ? {} : { group: portGroup(far.path) };
    expect(denied).toEqual({ code: "port-denied", path: far.path, ...group });
    expect(statSync(far.path).mode).toBe(mode);
    await far.close();
  });

  test("that is in use", async () => {
    const far = openPtyLink();
    const near = await openSerialLink({ path: far.path, baud: 115_200, controlLines: "leave" });
    expect(await opening(far.path)).toBe("port-busy");
    await Promise.all([near.close(), far.close()]);
  });

  test("whose group may open it is told, where the system has one", () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), "sumac-smp-")), "group");
    const { gid } = statSync(import.meta.filename);
    writeFileSync(file, `root:x:0:\nwheel:x:${gid + 1}:\ndialout:x:${gid}:somebody\n`);
    expect(portGroup(import.meta.filename, file)).toBe(gid === 0 ? undefined : "dialout");
    expect(portGroup("/dev/no-such-port", file)).toBeUndefined();
    expect(portGroup(import.meta.filename, "/no/such/file")).toBeUndefined();
    rmSync(path.dirname(file), { recursive: true });
  });

  test("lists, or the system cannot say: neither is a fault", async () => {
    const listed = await listSerialPorts();
    expect(listed === undefined || listed.every((port) => port.path.length > 0)).toBe(true);
  });

  test("that is none", async () => {
    expect(await opening(import.meta.filename)).toBe("port-failed");
  });
});

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
