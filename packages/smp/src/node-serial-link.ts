/** The one file that knows serialport. */
import { SerialPort } from "serialport";
import { ByteQueue } from "./byte-queue.ts";
import { type Link, LinkFault } from "./link.ts";
import { portAccess } from "./node-port-access.ts";
import { TerminalWriter } from "./node-terminal-writer.ts";

export interface SerialOptions {
  readonly path: string;
  /** Bits per second; 8 data bits, no parity, one stop bit. A pseudo-terminal takes any. */
  readonly baud: number;
  /** `leave`: as the system sets them when it opens the port; many boards reset when DTR rises. `low`: taken back at once. */
  readonly controlLines: "leave" | "low";
}

/** Opens a port. Throws `LinkFault`: `port-absent`, `port-busy`, `port-denied` (with the group or owner that may), `port-failed`. */
export async function openSerialLink({ path, baud, controlLines }: SerialOptions): Promise<Link> {
  const port = new SerialPort({ path, baudRate: baud, autoOpen: false, hupcl: false, lock: true });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(openFault(error, path)) : resolve()));
  });
  if (controlLines === "low") await lowerControlLines(port);
  const queue = new ByteQueue(port);
  port.on("data", (chunk: Uint8Array) => queue.push(chunk));
  const writer = terminalWriter(port, path);
  port.on("close", () => {
    queue.end();
    void writer?.end();
  });
  port.on("error", (error: Error) => queue.end(new LinkFault("port-failed", { path, detail: error.message })));
  return {
    read: () => queue.read(),
    async write(bytes) {
      if (!port.isOpen) throw new LinkFault("link-closed", { path });
      await (writer === undefined ? writeAndDrain(port, bytes) : writer.write(bytes));
    },
    async close() {
      queue.end();
      await writer?.end();
      if (port.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
    },
  };
}

/**
 * undefined = a system without descriptors. Where a port is full, serialport's own writing waits for it to be writable, and
 * a read that comes in between takes the place of that wait: both then wait for the other end for ever.
 */
function terminalWriter({ port }: SerialPort, path: string): TerminalWriter | undefined {
  return port !== undefined && "fd" in port && typeof port.fd === "number"
    ? new TerminalWriter(port.fd, path)
    : undefined;
}

const writeAndDrain = (port: SerialPort, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    port.write(bytes, (error) => {
      if (error) reject(new LinkFault("port-failed", { path: port.path, detail: error.message }));
    });
    port.drain((error) => (error ? reject(new LinkFault("link-closed", { path: port.path })) : resolve()));
  });

/** A pseudo-terminal has no such lines and says so: then there is nothing to lower. */
const lowerControlLines = (port: SerialPort): Promise<void> =>
  new Promise((resolve) => port.set({ dtr: false, rts: false }, () => resolve()));

export interface SerialPortName {
  readonly path: string;
  /** What the system knows of the adapter. */
  readonly description: string;
}

/** undefined = the system cannot say (on Linux without udevadm): a path that a person knows works all the same. */
export async function listSerialPorts(): Promise<readonly SerialPortName[] | undefined> {
  try {
    const ports = await SerialPort.list();
    return ports.map(({ path, manufacturer, serialNumber }) => ({
      path,
      description: [manufacturer, serialNumber].filter((part) => part !== undefined).join(" "),
    }));
  } catch {
    return undefined;
  }
}

function openFault(error: Error, path: string): LinkFault {
  const detail = error.message;
  if (/No such file|ENOENT|File not found/i.test(detail))
    return new LinkFault("port-absent", { path }, { cause: error });
  if (/Cannot lock|busy|EBUSY/i.test(detail)) return new LinkFault("port-busy", { path }, { cause: error });
  if (/Permission denied|EACCES|Access denied/i.test(detail))
    return new LinkFault("port-denied", { path, ...portAccess(path) }, { cause: error });
  return new LinkFault("port-failed", { path, detail }, { cause: error });
}
