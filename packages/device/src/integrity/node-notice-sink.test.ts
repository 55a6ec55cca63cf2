import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readSyslog } from "../log/rfc5424.test.support.ts";
import { Unavailable } from "../unavailable.ts";
import type { IntegrityNotice } from "./integrity-watch.ts";
import { commandNoticeSink, fileNoticeSink, syslogNoticeSink } from "./node-notice-sink.ts";

const folder = mkdtempSync(path.join(tmpdir(), "notice-"));
afterAll(() => rmSync(folder, { recursive: true }));

const notice: IntegrityNotice = {
  device: "pump-7",
  occasion: "periodic",
  time: 1_800_000_000n,
  findings: [{ subject: "image", code: "image-digest-mismatch", component: "6669", slot: "a" }],
};
const said = {
  notice: "integrity-violated",
  device: "pump-7",
  occasion: "periodic",
  time: "2027-01-15T08:00:00Z",
  findings: notice.findings,
};

describe("CR 3.4 RE 2: a notice reaches", () => {
  test("a file, line by line, and not through a link", async () => {
    const file = path.join(folder, "notices");
    await fileNoticeSink(file).notify(notice);
    await fileNoticeSink(file).notify(notice);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([said, said]);
    symlinkSync(file, path.join(folder, "link"));
    await expect(fileNoticeSink(path.join(folder, "link")).notify(notice)).rejects.toThrow(Unavailable);
  });

  test("no pipe in place of the file, and nobody waits for one", async () => {
    const pipe = path.join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(fileNoticeSink(pipe).notify(notice)).rejects.toThrow(Unavailable);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      await expect(fileNoticeSink(pipe).notify(notice)).rejects.toThrow("it is no file");
    } finally {
      closeSync(reader);
    }
  });

  test("a program, on its standard input", async () => {
    const program = path.join(folder, "tell.sh");
    writeFileSync(program, `#!/bin/sh\ncat > "$1"\n`);
    chmodSync(program, 0o700);
    const out = path.join(folder, "told; rm -rf x");
    await commandNoticeSink({ command: [program, out], timeoutMs: 10_000 }).notify(notice);
    expect(JSON.parse(readFileSync(out, "utf8"))).toEqual(said);
  });

  test.each([
    ["that fails", ["/bin/false"]],
    ["that is not there", ["/nonexistent/program"]],
    ["that does not end", ["/bin/sleep", "20"]],
  ] as const)("no program %s, and says so", async (_, command) => {
    const sink = commandNoticeSink({ command: [...command] as [string, ...string[]], timeoutMs: 200 });
    await expect(sink.notify(notice)).rejects.toThrow(Unavailable);
  });

  test("the plant's syslog", async () => {
    const receiver = createSocket("udp4");
    receiver.bind(0, "127.0.0.1");
    await once(receiver, "listening");
    const heard = once(receiver, "message");
    await syslogNoticeSink({ host: "127.0.0.1", port: receiver.address().port, enterprise: 32473 }).notify(notice);
    const [bytes] = (await heard) as [Uint8Array];
    receiver.close();
    const message = readSyslog(new TextDecoder().decode(bytes));
    expect([message.facility, message.severity, message.msgId]).toEqual([10, 1, "integrity-violated"]);
    expect(message.data.get("facts@32473")).toEqual(
      new Map([
        ["occasion", "periodic"],
        ["subject", "image"],
        ["code", "image-digest-mismatch"],
        ["component", "6669"],
        ["slot", "a"],
      ]),
    );
  });
});
