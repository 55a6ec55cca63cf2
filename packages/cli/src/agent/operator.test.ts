import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { NodeCommandRunner } from "@sumac/device/node";
import { beforeEach, describe, expect, test } from "vitest";
import { emptyFolder } from "../sumac.test.support.ts";
import type { AgentConfig } from "./agent-config.ts";
import { consentLine, Operator } from "./operator.ts";

const folder = emptyFolder();
const file = path.join(folder, "word");
const subject = { sequence: 7n, manifestDigest: new Uint8Array(32).fill(0xab) };
const digest = "ab".repeat(32);
const noon = Date.parse("2026-11-21T12:00:00Z");

const operator = (config: Partial<AgentConfig>, now: number | undefined = noon): Operator =>
  new Operator(
    { windows: [], interlock: undefined, consent: undefined, ...config },
    { runner: new NodeCommandRunner({ folder, graceMs: 50 }), now: () => now },
  );
const command = (...argv: readonly [string, ...string[]]) =>
  ({ kind: "command", command: { argv, timeoutMs: 300 } }) as const;

beforeEach(() => rmSync(file, { recursive: true, force: true }));

test("where nothing is configured nobody objects", async () => {
  expect(await operator({}).operations()).toBeUndefined();
  expect(await operator({}).mayRestart()).toBe(true);
  expect(await operator({}).mayGoBack()).toBe(true);
  expect(await operator({}).consents("install", subject)).toBe(true);
});

describe("CR 3.6: the interlock is clear only if it says so", () => {
  const interlock = { kind: "file", file } as const;
  test.each([
    ["clear", "clear"],
    ["clear\n", "clear"],
    [" clear \n", "clear"],
    ["", "engaged"],
    ["Clear", "engaged"],
    ["clear clear", "engaged"],
    ["not clear", "engaged"],
    ["clear".padEnd(70_000), "engaged"],
  ])("%j: %s", async (text, state) => {
    writeFileSync(file, text);
    const plant = await operator({ interlock }).operations();
    expect(plant).toEqual({ window: "open", interlock: state });
    expect(await operator({ interlock }).mayGoBack()).toBe(state === "clear");
  });

  test("a file that is not there, a folder, a pipe that nobody writes to: engaged", async () => {
    expect(await operator({ interlock }).mayRestart()).toBe(false);
    mkdirSync(file);
    expect(await operator({ interlock }).mayRestart()).toBe(false);
    expect(await operator({ interlock: { kind: "file", file: "/dev/zero" } }).mayRestart()).toBe(false);
  });

  test("a command that ends with 0 in time, and no other", async () => {
    const engaged = async (...argv: readonly [string, ...string[]]): Promise<boolean> =>
      !(await operator({ interlock: command(...argv) }).mayRestart());
    expect(await engaged("true")).toBe(false);
    expect(await engaged("false")).toBe(true);
    expect(await engaged("/no/such/program")).toBe(true);
    expect(await engaged("sleep", "5")).toBe(true);
    expect(await engaged("sh", "-c", "kill -9 $$")).toBe(true);
  });
});

describe("a maintenance window", () => {
  const windows = [{ days: ["sat"], from: 600, to: 800, zone: "UTC" }] as const;

  test("is asked before a restart, not before going back", async () => {
    expect(await operator({ windows }).mayRestart()).toBe(true);
    const closed = operator({ windows }, noon + 6 * 3_600_000);
    expect(await closed.operations()).toEqual({ window: "closed", interlock: "clear" });
    expect(await closed.mayRestart()).toBe(false);
    expect(await closed.mayGoBack()).toBe(true);
  });

  test("is closed for a device that does not know what time it is", async () => {
    const lost = new Operator(
      { windows, interlock: undefined, consent: undefined },
      { runner: new NodeCommandRunner({ folder }), now: () => undefined },
    );
    expect(await lost.mayRestart()).toBe(false);
  });
});

describe("CR 2.1: consent is for one step of one manifest", () => {
  const consent = { kind: "file", file } as const;
  const asked = (text: string, step: "install" | "restart" = "install"): Promise<boolean> => {
    writeFileSync(file, text, { mode: 0o600 });
    return operator({ consent }).consents(step, subject);
  };

  test("the line is what a person is told to write", () => {
    expect(consentLine("install", subject)).toBe(`install ${digest}`);
  });

  test.each([
    [`install ${digest}\n`, true],
    [`install ${digest}`, true],
    [`restart ${digest}\n  install ${digest}  \n`, true],
    [`restart ${digest}\n`, false],
    [`install ${digest.replace("ab", "cd")}\n`, false],
    [`install ${digest.slice(0, 62)}\n`, false],
    [`install *\n`, false],
    [`INSTALL ${digest}\n`, false],
    [`# install ${digest}\n`, false],
    ["", false],
  ])("%j: %s", async (text, given) => {
    expect(await asked(text)).toBe(given);
  });

  test("consent to install is none to restart", async () => {
    expect(await asked(`install ${digest}\n`, "restart")).toBe(false);
    expect(await asked(`restart ${digest}\n`, "restart")).toBe(true);
  });

  test("a file that others may write, or a link, is nobody's word", async () => {
    expect(await asked(`install ${digest}\n`)).toBe(true);
    chmodSync(file, 0o622);
    expect(await operator({ consent }).consents("install", subject)).toBe(false);
    chmodSync(file, 0o600);
    const link = path.join(folder, "link");
    symlinkSync(file, link);
    expect(await operator({ consent: { kind: "file", file: link } }).consents("install", subject)).toBe(false);
    rmSync(file);
    expect(await operator({ consent }).consents("install", subject)).toBe(false);
  });

  test("a command is told what it is about, word by word", async () => {
    const told = path.join(folder, "told");
    const words = [
      "sh",
      "-c",
      'printf "%s\\n" "$@" > "$0"',
      told,
      "{step}",
      "{sequence}",
      "{digest}",
      "{else}",
    ] as const;
    expect(await operator({ consent: command(...words) }).consents("restart", subject)).toBe(true);
    expect(readFileSync(told, "utf8")).toBe(`restart\n7\n${digest}\n{else}\n`);
    expect(await operator({ consent: command("false") }).consents("restart", subject)).toBe(false);
  });
});
