import { consoleFraming, LinkFault, type SmpFailure } from "@sumac/smp";
import { describe, expect, test } from "vitest";
import { linkFailure, smpFailure } from "./line-failure.ts";
import type { LineSettings } from "./line-settings.ts";

const settings: LineSettings = {
  address: { kind: "serial", path: "/dev/ttyUSB0" },
  baud: 57_600,
  framing: consoleFraming(),
  controlLines: "leave",
  waitMs: 1000,
};

const silence: SmpFailure = {
  code: "no-answer",
  sent: 5,
  milliseconds: 9000,
  framing: "console",
  messageLength: 9,
  heard: "nothing",
};

describe("a failure on the line, as the end of a command", () => {
  test("a port that may not be opened names the group to join", () => {
    const { facts } = linkFailure(new LinkFault("port-denied", { path: "/dev/ttyUSB0", group: "dialout" }));
    expect(facts).toMatchObject({ code: "port-denied", exit: 5 });
    expect(facts.remedy).toContain("sudo usermod -aG dialout");
  });

  test("silence says what was tried; a terminal server has a rate of its own", () => {
    expect(smpFailure(silence, settings).facts).toMatchObject({ code: "no-answer", exit: 5 });
    expect(smpFailure(silence, settings).facts.problem).toContain("console framing at 57600 baud");
    const tcp: LineSettings = { ...settings, address: { kind: "tcp", host: "plant.example", port: 4001 } };
    expect(smpFailure(silence, tcp).facts.problem).not.toContain("baud");
  });

  test.each<[SmpFailure, string, number]>([
    [{ code: "device-error", group: 1, command: 1, number: 30, name: "image-too-large" }, "image-too-large", 6],
    [{ code: "device-error", group: 99, command: 1, number: 3, name: undefined }, "device-error", 6],
    [{ code: "image-too-large", size: 2, limit: 1 }, "image-too-large", 3],
    [{ code: "upload-stuck", offset: 5 }, "upload-stuck", 6],
    [{ code: "cancelled" }, "interrupted", 130],
  ])("%o", (failure, code, exit) => {
    expect(smpFailure(failure, settings).facts).toMatchObject({ code, exit });
  });
});
