import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { ByteQueue } from "./byte-queue.ts";
import { type Link, LinkFault } from "./link.ts";

/** A serial line behind a terminal server: bytes over TCP, and nothing else. Throws `LinkFault`. */
export async function openTcpLink(host: string, port: number): Promise<Link> {
  const socket = connect({ host, port, noDelay: true });
  try {
    await once(socket, "connect");
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new LinkFault("port-absent", { path: `${host}:${port}`, detail }, { cause: error });
  }
  return socketLink(socket);
}

/** Either end of a connection that stands. */
export function socketLink(socket: Socket): Link {
  const queue = new ByteQueue(socket);
  socket.on("data", (chunk: Uint8Array) => queue.push(chunk));
  socket.on("close", () => queue.end());
  socket.on("error", () => queue.end());
  return {
    read: () => queue.read(),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(new LinkFault("link-closed")) : resolve()));
      }),
    async close() {
      queue.end();
      socket.destroy();
    },
  };
}
