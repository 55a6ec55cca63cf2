import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

/** Another host, to which no device has any reason to go. */
export interface Stranger {
  readonly url: string;
  /** Connections that were made to it; a device that stays away makes none. */
  contacts(): number;
  close(): Promise<void>;
}

export async function startStranger(): Promise<Stranger> {
  let contacts = 0;
  const server = createServer((socket) => {
    contacts++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    contacts: () => contacts,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
