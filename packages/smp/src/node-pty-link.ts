/** The one file that knows node-pty: a pseudo-terminal, at whose other end any program finds a serial port. */
import { closeSync, constants, openSync } from "node:fs";
import * as nodePty from "@lydell/node-pty";
import { ByteQueue } from "./byte-queue.ts";
import { type Link, LinkFault } from "./link.ts";
import { TerminalWriter } from "./node-terminal-writer.ts";

export interface PtyLink extends Link {
  /** What the other end opens. */
  readonly path: string;
}

/** What the package does not declare of its own object. */
interface OpenPty {
  readonly _fd: number;
  readonly _pty: string;
  readonly master: NodeJS.ReadStream;
  readonly slave: NodeJS.ReadStream;
}

const { open } = nodePty as unknown as { open(options: { readonly encoding: null }): OpenPty };

/** Makes a pseudo-terminal; on systems with one. */
export function openPtyLink(): PtyLink {
  const pty = open({ encoding: null });
  const { master, _fd: descriptor, _pty: path } = pty;
  // Someone must hold the other end, or its readers would see the line die with the first client that leaves. The
  // package's own hold reads what is meant for the client.
  const hold = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  pty.slave.destroy();
  const queue = new ByteQueue(master);
  const writer = new TerminalWriter(descriptor, path);
  let state: "open" | "closed" = "open";
  master.on("data", (chunk: Uint8Array) => queue.push(Uint8Array.from(chunk)));
  master.on("error", (error: Error) => queue.end(new LinkFault("port-failed", { path, detail: error.message })));
  return {
    path,
    read: () => queue.read(),
    write: (bytes) => writer.write(bytes),
    async close() {
      if (state === "closed") return;
      state = "closed";
      queue.end();
      await writer.end();
      closeSync(hold);
      master.destroy();
    },
  };
}
