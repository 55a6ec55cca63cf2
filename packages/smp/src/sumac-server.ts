/** Sumac's own group, from the answering end. What is decided is decided behind `SumacDevice`. */
import type { Result } from "@sumac/cbor";
import { equalBytes } from "@sumac/crypto";
import type { SmpMap } from "./body.ts";
import { smpHeaderLength, smpResult } from "./labels.ts";
import { encodeReply } from "./reply-body.ts";
import type { SmpCall, SmpHandler } from "./smp-server.ts";
import { type SumacEvents, writeEvent } from "./sumac-event.ts";
import { type SumacIdentity, writeIdentity } from "./sumac-identity.ts";
import {
  longestEnvelope,
  type SumacAction,
  type SumacCommand,
  type SumacResult,
  type SumacState,
  sumacAction,
  sumacCommand,
  sumacGroup,
  sumacResult,
} from "./sumac-labels.ts";
import { type SumacVerdict, writeVerdict } from "./sumac-verdict.ts";

/** What a device has to be able to do to be updated through this group. */
export interface SumacDevice {
  identity(): Promise<SumacIdentity>;
  /** Of the update in hand; `receiving` is added by the server. */
  verdict(): Promise<SumacVerdict>;
  /** A whole envelope, to be judged now: the answer is the verdict. The same one may come twice. */
  offer(envelope: Uint8Array): Promise<void>;
  /**
   * The next bytes of the payload that the verdict wants, from its offset on. Answers the next offset it wants, which may
   * lie before the end of these bytes (a flash has write units); after the last byte the verdict says what became of it.
   */
  takePayload(offset: number, data: Uint8Array): Promise<Result<number, SumacRefused>>;
  /** `restart`: says only whether it may be. */
  act(action: SumacAction): Promise<Result<undefined, SumacRefused>>;
  /** After the answer to `restart` has gone out. */
  restart(): Promise<void>;
  /** Signed; undefined = there is none. */
  report(): Promise<Uint8Array | undefined>;
  /** Entries after the one with this number, oldest first; as many as are at hand. */
  events(after: number): Promise<SumacEvents>;
}

export type SumacRefused = Exclude<SumacResult, "ok">;

export interface SumacServerOptions {
  readonly device: SumacDevice;
  /** Bytes of the longest answer, header included. */
  readonly longestReply: number;
}

interface Reception {
  readonly bytes: Uint8Array;
  readonly sha: Uint8Array | undefined;
  offset: number;
}

/** Answers around the data of a part of the report, with members, heads and indefinite ends. */
const aroundReport = 48;
/** States in which the same envelope, sent again, is judged again; in all others it has been taken and is at work. */
const judgeAgain: readonly SumacState[] = ["idle", "refused", "waiting", "confirmed", "reverted"];

/** Answers calls of the group and of no other. */
export class SumacServer implements SmpHandler {
  readonly #device: SumacDevice;
  readonly #longestReply: number;
  #payloadSize: number | undefined;
  #envelope: Reception | undefined;
  #report: Uint8Array | undefined;

  constructor({ device, longestReply }: SumacServerOptions) {
    this.#device = device;
    this.#longestReply = longestReply;
  }

  async handle(call: SmpCall): Promise<SmpMap> {
    if (call.group !== sumacGroup) return { rc: notSupported };
    const command = commands.find((name) => sumacCommand[name] === call.id);
    if (command === undefined || operations[command] !== call.operation) return { rc: notSupported };
    const answer = await this.#answer(command, call.body);
    return typeof answer === "string" ? refusal(answer, call.version) : answer;
  }

  async afterwards(call: SmpCall): Promise<void> {
    if (call.group !== sumacGroup || call.id !== sumacCommand.act || call.body["do"] !== "restart") return;
    // Asked again, because between question and answer nothing was promised.
    if ((await this.#device.act("restart")).ok) await this.#device.restart();
  }

  #answer(command: SumacCommand, body: SmpMap): Promise<SmpMap | SumacRefused> {
    switch (command) {
      case "identity":
        return this.#device.identity().then(writeIdentity);
      case "envelope":
        return this.#takeEnvelope(body);
      case "verdict":
        return this.#verdict();
      case "payload":
        return this.#takePayload(body);
      case "act":
        return this.#act(body);
      case "report":
        return this.#readReport(body);
      case "log":
        return this.#readLog(body);
    }
  }

  async #verdict(): Promise<SmpMap> {
    const arriving = this.#envelope;
    if (arriving !== undefined && arriving.offset < arriving.bytes.length) {
      return writeVerdict({ state: "receiving", offset: arriving.offset, size: arriving.bytes.length });
    }
    return writeVerdict(await this.#device.verdict());
  }

  async #takeEnvelope({ off, data, len, sha }: SmpMap): Promise<SmpMap | SumacRefused> {
    if (!isWhole(off) || !(data instanceof Uint8Array)) return "malformed-request";
    if (off === 0) {
      if (!isWhole(len) || len === 0 || data.length > len) return "malformed-request";
      if (len > longestEnvelope) return "too-large";
      if (!(await this.#isKnown(len, sha))) {
        this.#envelope = {
          bytes: new Uint8Array(len),
          sha: sha instanceof Uint8Array ? sha : undefined,
          offset: 0,
        };
      }
    }
    const arriving = this.#envelope;
    if (arriving === undefined) return { off: 0 };
    if (off !== arriving.offset || arriving.offset === arriving.bytes.length) return { off: arriving.offset };
    if (off + data.length > arriving.bytes.length) return "malformed-request";
    arriving.bytes.set(data, off);
    arriving.offset += data.length;
    if (arriving.offset === arriving.bytes.length) await this.#device.offer(arriving.bytes.slice());
    return { off: arriving.offset };
  }

  /** Whether these are the first bytes of what is here already, in part or whole: an answer that was lost, or a sender that was. */
  async #isKnown(length: number, sha: SmpMap[string] | undefined): Promise<boolean> {
    const known = this.#envelope;
    if (known?.sha === undefined || !(sha instanceof Uint8Array)) return false;
    if (known.bytes.length !== length || !equalBytes(known.sha, sha)) return false;
    return known.offset < length || !judgeAgain.includes((await this.#device.verdict()).state);
  }

  async #takePayload({ off, data, uri, len }: SmpMap): Promise<SmpMap | SumacRefused> {
    if (!isWhole(off) || !(data instanceof Uint8Array)) return "malformed-request";
    if (off === 0 && (typeof uri !== "string" || !isWhole(len))) return "malformed-request";
    const wanted = await this.#device.verdict();
    if (wanted.state !== "wants-payload") return this.#afterPayload(off + data.length, wanted.state);
    if (off === 0 && uri !== wanted.uri) return "not-expected";
    if ((off === 0 && len !== wanted.size) || off + data.length > wanted.size) return "too-large";
    if (off !== wanted.offset || data.length === 0) return { off: wanted.offset };
    this.#payloadSize = wanted.size;
    const taken = await this.#device.takePayload(off, data);
    return taken.ok ? { off: taken.value } : taken.error;
  }

  /** The answer to the last chunk may get lost: said again, it gets the same one. */
  #afterPayload(end: number, state: SumacState): SmpMap | SumacRefused {
    if (end === this.#payloadSize && (state === "staged" || state === "armed")) return { off: end };
    return "not-expected";
  }

  async #act(body: SmpMap): Promise<SmpMap | SumacRefused> {
    const action = sumacAction.find((word) => word === body["do"]);
    if (action === undefined) return "malformed-request";
    const done = await this.#device.act(action);
    if (!done.ok) return done.error;
    if (action === "cancel") this.#envelope = undefined;
    return {};
  }

  async #readReport({ off }: SmpMap): Promise<SmpMap | SumacRefused> {
    if (!isWhole(off)) return "malformed-request";
    // Signed anew it would be another one: its parts have to be of the same.
    if (off === 0 || this.#report === undefined) this.#report = await this.#device.report();
    const report = this.#report;
    if (report === undefined) return "nothing-there";
    if (off >= report.length) return "malformed-request";
    const longest = Math.max(1, this.#longestReply - smpHeaderLength - aroundReport);
    return { off, len: report.length, data: report.subarray(off, off + longest) };
  }

  async #readLog({ after }: SmpMap): Promise<SmpMap | SumacRefused> {
    if (!isWhole(after)) return "malformed-request";
    const { events, last } = await this.#device.events(after);
    const fits = (entries: readonly SmpMap[]): boolean =>
      encodeReply({ events: entries, last }, "indefinite").length + smpHeaderLength <= this.#longestReply;
    const fitting: SmpMap[] = [];
    for (const event of events) {
      const whole = writeEvent(event);
      // An entry too long for any answer comes without its facts: it must not hide those behind it.
      const entry = fitting.length === 0 && !fits([whole]) ? writeEvent({ ...event, facts: {} }) : whole;
      if (!fits([...fitting, entry])) break;
      fitting.push(entry);
    }
    return { events: fitting, last };
  }
}

const commands = Object.keys(sumacCommand) as readonly SumacCommand[];

const operations: Readonly<Record<SumacCommand, SmpCall["operation"]>> = {
  identity: "read",
  envelope: "write",
  verdict: "read",
  payload: "write",
  act: "write",
  report: "read",
  log: "read",
};

const notSupported = smpResult.indexOf("not-supported");

/** What the refusals are called in version 1, which has one list for all groups. */
const inVersion1: Readonly<Record<SumacRefused, (typeof smpResult)[number]>> = {
  unknown: "unknown",
  "malformed-request": "invalid-value",
  "too-large": "invalid-value",
  "not-expected": "bad-state",
  "not-now": "bad-state",
  "nothing-there": "no-entry",
  "storage-failed": "unknown",
};

const refusal = (code: SumacRefused, version: SmpCall["version"]): SmpMap =>
  version === 1
    ? { rc: smpResult.indexOf(inVersion1[code]) }
    : { err: { group: sumacGroup, rc: sumacResult.indexOf(code) } };

const isWhole = (value: SmpMap[string] | undefined): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
