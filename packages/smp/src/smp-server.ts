import { decodeBody, type SmpMap } from "./body.ts";
import type { Framing } from "./framing.ts";
import { smpHeaderLength } from "./labels.ts";
import { type Link, LinkFault } from "./link.ts";
import { parseMessage, type SmpMessage, serializeMessage } from "./message.ts";
import { encodeReply, type ReplyForm } from "./reply-body.ts";
import type { Timer } from "./timer.ts";

export interface SmpCall {
  readonly operation: "read" | "write";
  readonly group: number;
  readonly id: number;
  readonly version: SmpMessage["version"];
  readonly body: SmpMap;
}

/** What a device does with requests. A call that throws ends the server: refusals are answers. */
export interface SmpHandler {
  handle(call: SmpCall): Promise<SmpMap>;
  /** After the answer to this call is on its way: a device that resets answers first. */
  afterwards?(call: SmpCall): Promise<void>;
}

export interface SmpServerOptions {
  readonly link: Link;
  readonly framing: Framing;
  readonly handler: SmpHandler;
  readonly form: ReplyForm;
  /** Bytes: an answer that does not fit is replaced by a refusal, as a small device has to. */
  readonly longestReply: number;
  /** Tells how long the line was quiet, for framings in which that ends a message. */
  readonly timer: Pick<Timer, "now">;
}

/** `mcumgr_err_t`: the answers that the protocol itself gives. */
const result = { invalidValue: 3, messageTooLarge: 7 } as const;

/**
 * The answering end of a line: one request after the other, until the line is closed. What is no request is dropped
 * without a word, as devices do; what is a request with an unreadable body is refused.
 */
export async function serveSmp(options: SmpServerOptions): Promise<void> {
  try {
    await answerAll(options);
  } catch (fault) {
    if (!(fault instanceof LinkFault) || fault.code !== "link-closed") throw fault;
  }
}

async function answerAll({ link, framing, handler, form, longestReply, timer }: SmpServerOptions): Promise<void> {
  const reader = framing.startReading();
  const { inputTimeout } = framing;
  let lastByteAt = timer.now();
  for await (const chunk of link.read()) {
    const now = timer.now();
    if (inputTimeout !== "none" && now - lastByteAt >= inputTimeout) reader.reset();
    lastByteAt = now;
    for (const bytes of reader.read(chunk)) {
      const parsed = parseMessage(bytes);
      if (!parsed.ok) continue;
      const { operation, group, id, version, sequence, body } = parsed.value;
      if (operation !== "read" && operation !== "write") continue;
      const decoded = decodeBody(body);
      const call: SmpCall = { operation, group, id, version, body: decoded.ok ? decoded.value : {} };
      const answer = decoded.ok ? await handler.handle(call) : { rc: result.invalidValue };
      let reply = encodeReply(answer, form);
      if (reply.length + smpHeaderLength > longestReply) reply = encodeReply({ rc: result.messageTooLarge }, form);
      const message: SmpMessage = {
        version,
        operation: operation === "read" ? "read-response" : "write-response",
        group,
        sequence,
        id,
        body: reply,
      };
      await link.write(framing.frame(serializeMessage(message)));
      await handler.afterwards?.(call);
    }
  }
}
