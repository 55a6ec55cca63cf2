import { describe, expect, test } from "vitest";
import { CollectedArguments } from "../command.ts";
import type { Failure } from "../failure.ts";
import { addressText, readLineSettings } from "./line-settings.ts";

const given = (options: Readonly<Record<string, string>>): CollectedArguments =>
  new CollectedArguments(new Map(), new Map(Object.entries(options).map(([name, value]) => [name, [value]])));

function refusalOf(options: Readonly<Record<string, string>>): string {
  try {
    readLineSettings(given(options));
    return "taken";
  } catch (error) {
    return (error as Failure).facts.code;
  }
}

describe("what a line is", () => {
  test.each([
    ["/dev/ttyUSB0", { kind: "serial", path: "/dev/ttyUSB0" }],
    ["COM3", { kind: "serial", path: "COM3" }],
    ["tcp://plant.example:4001", { kind: "tcp", host: "plant.example", port: 4001 }],
    ["tcp://[::1]:4001", { kind: "tcp", host: "::1", port: 4001 }],
  ])("%s", (port, address) => {
    expect(readLineSettings(given({ port })).address).toEqual(address);
  });

  test("and what it is by default", () => {
    const settings = readLineSettings(given({ port: "x" }));
    expect(settings).toMatchObject({
      baud: 115_200,
      controlLines: "leave",
      waitMs: 30_000,
      framing: { name: "console" },
    });
    expect(addressText(settings.address)).toBe("x");
  });

  test.each([
    { port: "tcp://plant.example" },
    { port: "tcp://user:secret@plant.example:1" },
    { port: "http://plant.example:1" },
    { port: "tcp://plant.example:99999" },
    { port: "x", baud: "0" },
    { port: "x", baud: "fast" },
    { port: "x", framing: "slip" },
    { port: "x", "control-lines": "high" },
    { port: "x", wait: "3601" },
  ])("%j is not taken", (options) => {
    expect(refusalOf(options)).toBe("bad-value");
  });
});
