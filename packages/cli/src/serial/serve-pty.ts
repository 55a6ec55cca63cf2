import { lstatSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import {
  type Framing,
  imageCommand,
  type ReplyForm,
  type SmpHandler,
  serveSmp,
  smpGroup,
  sumacCommand,
  sumacGroup,
} from "@sumac/smp";
import { nodeTimer, openPtyLink, type PtyLink } from "@sumac/smp/node";
import type { CommandContext } from "../command.ts";
import { Failure, usage } from "../failure.ts";
import { fileFailure } from "../system-failure.ts";
import { faultyLink, type LineFaults, type Mishap, MishapWatch } from "./line-fault.ts";

export interface PtyDevice {
  readonly handler: SmpHandler;
  /** Off and on again, in the middle of whatever it does. */
  powerCycle(): Promise<void>;
  readonly form: ReplyForm;
  /** Bytes of the longest answer, header included. */
  readonly longestReply: number;
}

export interface PtyOptions {
  readonly framing: Framing;
  readonly faults: LineFaults;
  /** A name for the port that stays the same when the cable is pulled and put back; absent = only its own. */
  readonly link: string | undefined;
}

/** Milliseconds until somebody has put the cable back. */
const unpluggedFor = 1000;

/** What carries an image or a payload. */
const payloads = [
  { group: smpGroup.image, id: imageCommand.upload },
  { group: sumacGroup, id: sumacCommand.payload },
];

/** Serves a device on pseudo-terminals until a signal comes: one after the other, for each time the cable is pulled. */
export async function servePty(device: PtyDevice, options: PtyOptions, context: CommandContext): Promise<void> {
  const { io, terminal } = context;
  let happened: Mishap | undefined;
  let pty: PtyLink | undefined;
  const handler = new MishapWatch(device.handler, options.faults, payloads, async (mishap) => {
    happened = mishap;
    terminal.jsonLine({ event: mishap });
    terminal.line(mishap === "unplugged" ? "the cable is pulled" : "the power fails");
    await pty?.close();
  });
  const onInterrupt = (): void => void pty?.close();
  io.interrupted.addEventListener("abort", onInterrupt, { once: true });
  try {
    while (!io.interrupted.aborted) {
      pty = openPtyLink();
      const removeLink = makeLink(pty.path, options.link, context);
      terminal.jsonLine({
        event: "listening",
        port: pty.path,
        ...(options.link === undefined ? {} : { link: options.link }),
      });
      terminal.line(`listening on ${options.link ?? pty.path}`);
      await serveSmp({
        link: faultyLink(pty, options.faults),
        framing: options.framing,
        handler,
        form: device.form,
        longestReply: device.longestReply,
        timer: nodeTimer,
      });
      await pty.close();
      removeLink();
      if (happened === "reset") await device.powerCycle();
      if (happened !== undefined) await nodeTimer.wait(unpluggedFor, io.interrupted);
      happened = undefined;
    }
  } finally {
    io.interrupted.removeEventListener("abort", onInterrupt);
    await pty?.close();
  }
}

function makeLink(target: string, name: string | undefined, { io }: CommandContext): () => void {
  if (name === undefined) return () => undefined;
  const location = path.resolve(io.workingFolder, name);
  try {
    // A device that was killed leaves its own link behind.
    const before = lstatSync(location, { throwIfNoEntry: false });
    if (before?.isSymbolicLink() && readlinkSync(location).startsWith("/dev/")) rmSync(location);
    else if (before !== undefined) {
      throw usage("file-exists", `${name} is there already`, "remove it, or choose another name for --link");
    }
    symlinkSync(target, location);
  } catch (error) {
    throw error instanceof Failure ? error : fileFailure(error, name);
  }
  return () => rmSync(location, { force: true });
}
