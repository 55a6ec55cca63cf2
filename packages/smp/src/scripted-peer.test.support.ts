import { setImmediate } from "node:timers/promises";
import type { SmpMap } from "./body.ts";
import { consoleFraming } from "./console-framing.ts";
import type { Framing } from "./framing.ts";
import type { SmpOperation } from "./labels.ts";
import type { Link } from "./link.ts";
import { memoryLinks } from "./memory-link.ts";
import { parseMessage, type SmpMessage, serializeMessage } from "./message.ts";
import { encodeReply } from "./reply-body.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { SmpClient, type SmpClientOptions } from "./smp-client.ts";

/** What a test's peer says to one request; the time is the test's own. */
export type Script = (request: SmpMessage, line: ScriptedLine) => Promise<void> | void;

export interface ScriptedLine {
  readonly link: Link;
  readonly framing: Framing;
  readonly timer: SimulatedTime;
  /** The right answer, with this body and whatever else is to be wrong. */
  answer(request: SmpMessage, body: SmpMap, change?: Partial<SmpMessage>): Promise<void>;
  bytes(bytes: Uint8Array | string): Promise<void>;
}

export interface ScriptedPeer extends ScriptedLine {
  readonly client: SmpClient;
  /** Everything that was asked, in order. */
  readonly requests: readonly SmpMessage[];
  /** Lets time pass until the task is done. */
  run<T>(task: (client: SmpClient) => Promise<T>): Promise<T>;
}

/** A client on a line in memory, and a peer that says what a test makes it say. */
export function scriptedPeer(
  script: Script,
  options: Partial<Omit<SmpClientOptions, "link" | "timer">> = {},
): ScriptedPeer {
  const timer = new SimulatedTime(() => setImmediate());
  const [near, far] = memoryLinks();
  const framing = options.framing ?? consoleFraming();
  const client = new SmpClient({ ...options, link: near, framing, timer });
  const requests: SmpMessage[] = [];
  const line: ScriptedLine = {
    link: far,
    framing,
    timer,
    answer: (request, body, change = {}) =>
      far.write(
        framing.frame(serializeMessage({ ...answerTo(request), body: encodeReply(body, "indefinite"), ...change })),
      ),
    bytes: (bytes) => far.write(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes),
  };
  const reader = framing.startReading();
  const answering = (async () => {
    for await (const chunk of far.read()) {
      for (const bytes of reader.read(chunk)) {
        const request = parseMessage(bytes);
        if (!request.ok) throw new Error(request.error.reason);
        requests.push(request.value);
        await script(request.value, line);
      }
    }
  })();
  // A script that closes the line, or writes to a closed one, has said what it had to say.
  answering.catch(() => undefined);
  return { ...line, client, requests, run: (task) => timer.run(task(client)) };
}

function answerTo(request: SmpMessage): SmpMessage {
  const operation: SmpOperation = request.operation === "read" ? "read-response" : "write-response";
  return { ...request, operation };
}

/** A peer that answers each request with the next of these bodies, and the last one ever after. */
export function answering(...bodies: readonly SmpMap[]): Script {
  let at = 0;
  return (request, line) => line.answer(request, bodies[Math.min(at++, bodies.length - 1)] ?? {});
}
