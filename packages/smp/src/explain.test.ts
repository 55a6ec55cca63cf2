import { describe, expect, test } from "vitest";
import { commandName } from "./command-name.ts";
import { explainLinkFault, explainSmp, type SmpFailure } from "./explain.ts";
import { imageResult, osResult, smpGroup, smpResult } from "./labels.ts";
import { LinkFault, type LinkFaultCode } from "./link.ts";
import { readReply } from "./reply.ts";
import { sumacGroup, sumacResult } from "./sumac-labels.ts";

const isSentence = /^[^A-Z\n][^\n]*[^.\n]$/;

const failures: readonly SmpFailure[] = [
  { code: "device-error", group: 1, command: 1, number: 3, name: "invalid-value" },
  { code: "no-answer", sent: 5, milliseconds: 12_345, framing: "console", messageLength: 1020, heard: "nothing" },
  { code: "malformed-body", reason: "too-deep" },
  { code: "unexpected-answer", group: 1, command: 0, field: "images[0].slot" },
  { code: "cancelled" },
  { code: "upload-stuck", offset: 992 },
  { code: "offset-beyond", offset: 9000, sent: 992 },
  { code: "upload-restarted", restarts: 4 },
  { code: "answer-without-offset" },
  { code: "slots-not-told" },
  { code: "slot-absent", image: 0, slot: 1 },
  { code: "slot-not-writable", image: 0, slot: 1 },
  { code: "image-too-large", size: 600_000, limit: 516_096 },
  { code: "report-changed" },
  { code: "report-too-long", size: 1e9, limit: 65_536 },
  { code: "log-too-long", limit: 16_777_216 },
];

test.each(failures)("$code is a problem and a remedy", (failure) => {
  const { problem, remedy } = explainSmp(failure);
  expect(problem).toMatch(isSentence);
  expect(remedy).toMatch(isSentence);
});

describe("silence says what was tried, and what it may be", () => {
  const silence = failures[1] as Extract<SmpFailure, { code: "no-answer" }>;
  test("framing, rate, length, time", () => {
    expect(explainSmp(silence, { baud: 9600 }).problem).toBe(
      "no answer: 5 requests of 1020 bytes in console framing at 9600 baud, 12.3 s; nothing was heard at all",
    );
    expect(explainSmp({ ...silence, sent: 1, framing: "raw" }).problem).toContain(
      "1 request of 1020 bytes in raw framing,",
    );
  });

  test.each([
    ["nothing", ["rate", "cable", "flow control", "update mode", "framing", "too long"]],
    ["no-lines", ["rate", "framing"]],
    ["noise", ["update mode", "framing", "rate", "too long"]],
    ["damaged-frames", ["rate", "cable"]],
    ["other-answers", ["other program"]],
  ] as const)("%s", (heard, causes) => {
    for (const cause of causes) expect(explainSmp({ ...silence, heard }).remedy).toContain(cause);
  });
});

describe("a device's refusal is told by its name, with the command", () => {
  const refused = (body: Parameters<typeof readReply>[0], group: number, command: number) => {
    const reply = readReply(body, group, command);
    if (reply.ok) throw new Error("no refusal");
    return explainSmp(reply.error);
  };
  const tables = [
    ["version 1", smpGroup.image, smpResult, (rc: number) => ({ rc })],
    ["os", smpGroup.os, osResult, (rc: number) => ({ err: { group: smpGroup.os, rc } })],
    ["image", smpGroup.image, imageResult, (rc: number) => ({ err: { group: smpGroup.image, rc } })],
    ["sumac", sumacGroup, sumacResult, (rc: number) => ({ err: { group: sumacGroup, rc } })],
  ] as const;
  test.each(tables)("%s", (_, group, names, body) => {
    for (const [rc, name] of names.entries()) {
      if (rc === 0) continue;
      const { problem, remedy } = refused(body(rc), group, 1);
      expect(problem).toBe(`the device refused ${commandName(group, 1)}: ${name.replaceAll("-", " ")}`);
      expect(problem + remedy).not.toMatch(/\brc\b|\d/);
      expect(remedy).toMatch(isSentence);
    }
  });

  test.each([
    ["with its words", { rc: 5, rsn: "no flash" }, 'the device refused image erase: no entry (it says "no flash")'],
    ["a vendor's own", { rc: 300 }, "the device refused image erase with an error of its vendor's own, number 300"],
    ["nobody's", { rc: 77 }, "the device refused image erase with an error that has no name, number 77"],
    [
      "called like a member of objects",
      { err: { group: 8, rc: 1 } },
      "the device refused image erase with an error that has no name, number 1",
    ],
  ])("%s", (_, body, problem) => {
    expect(refused(body, smpGroup.image, 5).problem).toBe(problem);
  });
});

test.each([
  [0, 6, "os parameters"],
  [1, 6, "image slot information"],
  [sumacGroup, 3, "sumac payload"],
  [1, 99, "image command 99"],
  [8, 0, "file system command 0"],
  [70, 1, "group 70 command 1"],
])("command %i/%i is called %3$s", (group, command, name) => {
  expect(commandName(group, command)).toBe(name);
});

describe("a fault of the line", () => {
  const codes: readonly LinkFaultCode[] = [
    "port-absent",
    "port-busy",
    "port-denied",
    "port-failed",
    "link-closed",
    "link-stalled",
  ];
  test.each(codes)("%s is a problem and a remedy", (code) => {
    for (const facts of [{}, { path: "/dev/ttyUSB0", detail: "it says so" }]) {
      const { problem, remedy } = explainLinkFault(new LinkFault(code, facts));
      expect(problem).toMatch(isSentence);
      expect(remedy).toMatch(isSentence);
    }
  });

  test("names the port, and the group to join", () => {
    const denied = new LinkFault("port-denied", { path: "/dev/ttyUSB0", group: "dialout" });
    expect(explainLinkFault(denied)).toEqual({
      problem: "/dev/ttyUSB0 may only be opened by members of the group dialout",
      remedy: 'join it: sudo usermod -aG dialout "$USER", then log in again',
    });
  });

  test("names no group where joining it would not help", () => {
    const denied = new LinkFault("port-denied", { path: "/dev/ttyUSB0", owner: "root" });
    expect(explainLinkFault(denied)).toEqual({
      problem: "/dev/ttyUSB0 may only be opened by its owner, root",
      remedy:
        'have a udev rule give it to a group that you are in (GROUP="dialout", MODE="0660"), or run the command as root',
    });
  });
});
