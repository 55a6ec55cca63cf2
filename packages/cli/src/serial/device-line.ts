import type { Result } from "@sumac/cbor";
import { type Link, LinkFault, SmpClient, type SmpFailure } from "@sumac/smp";
import { nodeTimer, openSerialLink, openTcpLink } from "@sumac/smp/node";
import type { Arguments, CommandContext } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { interrupted } from "../interruption.ts";
import { linkFailure, smpFailure } from "./line-failure.ts";
import { addressText, type LineSettings, readLineSettings } from "./line-settings.ts";

/** Milliseconds between two looks whether a port, or a device, is there again. */
const lookAgain = 250;
/** Milliseconds for the answer to a question that only asks whether somebody is there. */
const knock = 500;
/** Cuts in a row without a byte of progress between them. */
const mostCuts = 8;

/** What is repeated after a cut. It says how many bytes the device has: cuts without more of them come to an end. */
export type Repeatable<T> = (client: SmpClient, progressed: (bytes: number) => void) => Promise<Result<T, SmpFailure>>;

/**
 * The line of a command to its device. It may be cut at any moment: `throughCuts` waits for it and begins again what it
 * was asked to do, which has to go on where the device says.
 */
export class DeviceLine {
  readonly settings: LineSettings;
  readonly #context: CommandContext;
  #client: SmpClient;
  /** A line that failed once is opened again, whether or not it says that it is closed. */
  #state: "whole" | "broken" = "whole";
  #cuts = 0;

  private constructor(settings: LineSettings, context: CommandContext, client: SmpClient) {
    this.settings = settings;
    this.#context = context;
    this.#client = client;
  }

  static async open(settings: LineSettings, context: CommandContext): Promise<DeviceLine> {
    return new DeviceLine(settings, context, await connect(settings, context));
  }

  /** How often the line was cut and came back. */
  get cuts(): number {
    return this.#cuts;
  }

  get client(): SmpClient {
    return this.#client;
  }

  /** The answer, or the end of the command. */
  async ask<T, E extends SmpFailure>(work: (client: SmpClient) => Promise<Result<T, E>>): Promise<T> {
    const result = await work(this.#client);
    if (result.ok) return result.value;
    throw smpFailure(result.error, this.settings);
  }

  async throughCuts<T>(work: Repeatable<T>): Promise<T> {
    let inARow = 0;
    let furthest = 0;
    const progressed = (bytes: number): void => {
      if (bytes > furthest) inARow = 0;
      furthest = Math.max(furthest, bytes);
    };
    for (;;) {
      const result = await this.#attempt(work, progressed);
      if (result !== "cut" && result.ok) return result.value;
      const silent = result !== "cut" && result.error.code === "no-answer";
      if (result !== "cut" && !silent) throw smpFailure(result.error, this.settings);
      inARow++;
      this.#cuts++;
      if (inARow > mostCuts)
        throw result === "cut" ? linkFailure(new LinkFault("link-closed")) : smpFailure(result.error, this.settings);
      this.#context.terminal.note(
        `${addressText(this.settings.address)} is silent or gone; waiting up to ${this.settings.waitMs / 1000} s`,
      );
      await this.awaken();
    }
  }

  async #attempt<T>(work: Repeatable<T>, progressed: (bytes: number) => void): Promise<Result<T, SmpFailure> | "cut"> {
    try {
      return await work(this.#client, progressed);
    } catch (fault) {
      if (!(fault instanceof LinkFault)) throw fault;
      this.#state = "broken";
      return "cut";
    }
  }

  /** Until the device answers something; opens the port again where it has gone. Fails as the last try did. */
  async awaken(): Promise<void> {
    const signal = this.#context.io.interrupted;
    const end = nodeTimer.now() + this.settings.waitMs;
    for (;;) {
      const tried = await this.#knock();
      if (tried === "answered") return;
      if (signal.aborted) throw interrupted();
      if (nodeTimer.now() >= end) throw tried;
      await nodeTimer.wait(lookAgain, signal);
    }
  }

  /**
   * Asks for a restart, once: a second one takes back what is on trial. An answer that is lost says nothing; whoever asked
   * looks afterwards what became of it.
   */
  async restart(work: (client: SmpClient) => Promise<Result<unknown, SmpFailure>>): Promise<void> {
    const result = await work(this.#client);
    if (!result.ok && result.error.code !== "no-answer") throw smpFailure(result.error, this.settings);
    await this.awaken();
  }

  /** Any answer will do, a refusal too. */
  async #knock(): Promise<"answered" | Error> {
    try {
      if (this.#state === "broken" || this.#client.line === "gone") {
        await this.#client.close();
        this.#client = await connect(this.settings, this.#context);
        this.#state = "whole";
      }
      const reply = await this.#client.request({
        operation: "write",
        group: 0,
        id: 0,
        body: { d: "sumac" },
        timeout: knock,
        retries: 0,
      });
      const answered = reply.ok || reply.error.code === "device-error";
      return answered ? "answered" : smpFailure(reply.error, this.settings);
    } catch (fault) {
      if (!(fault instanceof LinkFault)) throw fault;
      this.#state = "broken";
      return linkFailure(fault);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

async function connect(settings: LineSettings, { io }: CommandContext): Promise<SmpClient> {
  const link = await openLink(settings);
  const client = new SmpClient({ link, framing: settings.framing, timer: nodeTimer, signal: io.interrupted });
  // What an earlier conversation left lying on the line is no answer to this one.
  await client.drain();
  return client;
}

const openLink = ({ address, baud, controlLines }: LineSettings): Promise<Link> =>
  address.kind === "serial"
    ? openSerialLink({ path: address.path, baud, controlLines })
    : openTcpLink(address.host, address.port);

/** Runs a command on the line that its options name. */
export async function onLine(
  given: Arguments,
  context: CommandContext,
  work: (line: DeviceLine) => Promise<ExitCode>,
): Promise<ExitCode> {
  const settings = readLineSettings(given);
  let line: DeviceLine | undefined;
  try {
    line = await DeviceLine.open(settings, context);
    return await work(line);
  } catch (fault) {
    if (context.io.interrupted.aborted && fault instanceof LinkFault) throw interrupted();
    throw fault instanceof LinkFault ? linkFailure(fault) : fault;
  } finally {
    await line?.close();
  }
}
