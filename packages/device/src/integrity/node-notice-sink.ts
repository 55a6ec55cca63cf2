import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { noticeSyslogLine, type SyslogOptions } from "../log/log-syslog.ts";
import { Unavailable } from "../unavailable.ts";
import type { IntegrityNotice, NoticeSink } from "./integrity-watch.ts";
import { noticeLine } from "./notice-line.ts";

/** Adds a line of JSON to a file, which is made if it is not there; a link is not followed, a pipe not waited for. */
export const fileNoticeSink = (path: string): NoticeSink => ({
  notify: (notice) =>
    attempt(`write ${path}`, async () => {
      const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
      const file = await open(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0o600);
      try {
        if (!(await file.stat()).isFile()) throw new Error("it is no file");
        await file.write(`${noticeLine(notice)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    }),
});

export interface CommandSinkOptions {
  /** Program and arguments; no shell reads them. */
  readonly command: readonly [string, ...string[]];
  readonly timeoutMs: number;
}

/** Runs a program with the notice on its standard input. It has to end with 0 in time. */
export const commandNoticeSink = ({ command, timeoutMs }: CommandSinkOptions): NoticeSink => ({
  notify: (notice) => attempt(`run ${command[0]}`, () => run(command, `${noticeLine(notice)}\n`, timeoutMs)),
});

function run([program, ...given]: readonly [string, ...string[]], input: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, given, {
      stdio: ["pipe", "ignore", "ignore"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    child.on("error", reject);
    child.on("close", (code, signal) => (code === 0 ? resolve() : reject(new Error(`ended with ${signal ?? code}`))));
    // A program that does not read what it is told may still end well.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

export interface SyslogSinkOptions extends Omit<SyslogOptions, "device"> {
  readonly host: string;
  readonly port: number;
}

/** One datagram of RFC 5426. Nobody says whether it arrived: use another sink beside it. */
export const syslogNoticeSink = ({ host, port, enterprise }: SyslogSinkOptions): NoticeSink => ({
  notify: (notice: IntegrityNotice) =>
    attempt(`send to ${host}`, async () => {
      const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
      try {
        for (const finding of notice.findings) {
          const line = noticeSyslogLine(notice, finding, { device: notice.device, enterprise });
          await new Promise<void>((resolve, reject) => {
            socket.send(line, port, host, (error) => (error === null ? resolve() : reject(error)));
          });
        }
      } finally {
        socket.close();
      }
    }),
});

async function attempt(what: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unknown";
    throw new Unavailable("notice-not-delivered", { retryable: true, detail: `${what}: ${reason}`, cause });
  }
}
