import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What came back over one connection, until the server closed it or `waitMs` passed without anything new. */
export async function sendRaw(url: string, bytes: string | Uint8Array, waitMs: number = 300): Promise<string> {
  const socket = await openSocket(url);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  socket.write(bytes);
  socket.setTimeout(waitMs, () => socket.destroy());
  await once(socket, "close");
  return received;
}

export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket;
}

/** The status of a raw answer; 0 if there was none. */
export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
