import { ByteQueue } from "./byte-queue.ts";
import { type Link, LinkFault } from "./link.ts";

/** Two ends of a line in memory. What is written at one end arrives at the other, whole and in order. */
export function memoryLinks(): readonly [Link, Link] {
  const forth = new ByteQueue();
  const back = new ByteQueue();
  return [link(back, forth), link(forth, back)];
}

const link = (incoming: ByteQueue, outgoing: ByteQueue): Link => ({
  read: () => incoming.read(),
  async write(bytes) {
    if (!outgoing.push(bytes.slice())) throw new LinkFault("link-closed");
  },
  async close() {
    incoming.end();
    outgoing.end();
  },
});
