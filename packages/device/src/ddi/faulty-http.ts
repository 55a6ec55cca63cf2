import { ddiFault } from "./ddi-client-fault.ts";
import type { HttpAnswer, HttpPort, HttpRequest } from "./ddi-client-http.ts";

/** `drop-link`: one connection in three breaks, before or in the middle of an answer. `slow-link`: 2 KiB a second. */
export type LinkFault = "drop-link" | "slow-link";

export interface LinkFaultPorts {
  readonly faults: readonly LinkFault[];
  /** From 0 to 1. */
  random(): number;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  tell(fault: LinkFault, what: string): void;
}

const dropShare = 1 / 3;
const pieceBytes = 512;
const pieceMs = 250;

/** A connection that fails in ways that are asked for. */
export function faultyHttp(inner: HttpPort, ports: LinkFaultPorts): HttpPort {
  const { faults, random, tell } = ports;
  return {
    async request(request) {
      const drops = faults.includes("drop-link") && random() < dropShare;
      if (drops && random() < 0.5) {
        tell("drop-link", `no answer to ${request.method}`);
        throw ddiFault("link-lost", "dropped on purpose");
      }
      const answer = await inner.request(request);
      return { ...answer, body: faultyBody(answer, request, drops ? "drops" : "holds", ports) };
    },
  };
}

async function* faultyBody(
  { body }: HttpAnswer,
  { signal }: HttpRequest,
  line: "drops" | "holds",
  { faults, random, wait, tell }: LinkFaultPorts,
): AsyncGenerator<Uint8Array> {
  const isSlow = faults.includes("slow-link");
  let left = line === "drops" ? Math.floor(random() * 8192) : Number.POSITIVE_INFINITY;
  if (isSlow) tell("slow-link", `${pieceBytes} bytes every ${pieceMs} ms`);
  for await (const chunk of body) {
    const size = isSlow ? pieceBytes : chunk.length;
    for (let at = 0; at < chunk.length; at += size) {
      const piece = chunk.subarray(at, Math.min(at + size, at + left));
      if (isSlow) await wait(pieceMs, signal);
      if (signal?.aborted === true) throw ddiFault("aborted", "on a slow link");
      if (piece.length > 0) yield piece;
      left -= piece.length;
      if (left > 0) continue;
      tell("drop-link", "an answer broke off");
      throw ddiFault("link-lost", "dropped on purpose");
    }
  }
}
