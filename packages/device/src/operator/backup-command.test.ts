import { describe, expect, test } from "vitest";
import { type AgentAtWork, begin, start } from "../agent/agent.test.support.ts";
import { deploymentOf } from "../ddi/ddi-server.test.support.ts";
import { explainDevice } from "../explain.ts";
import { second } from "../flash/simulated-device.test.support.ts";
import type { CommandEnd, CommandRunner } from "../installer/command-runner.ts";
import { agentLogEntries } from "../log/log-event.ts";
import { Unavailable } from "../unavailable.ts";
import { type BackupEnd, runBackup } from "./backup-command.ts";
import type { InstallSubject } from "./install-wait.ts";

const subject = { sequence: 6n, manifestDigest: new Uint8Array(32).fill(0xab) };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const ending = (end: Partial<CommandEnd>): CommandRunner => ({
  run: async () => ({ timing: "in-time", outputLength: 0, output: new Uint8Array(), ...end }),
  async *read() {
    yield bytes("");
  },
});
const command = { argv: ["save", "{digest}", "{sequence}", "{else}"], timeoutMs: 5000 };

describe("CR 7.3: what the end of the backup command means", () => {
  test.each<[string, Partial<CommandEnd>, Partial<BackupEnd>]>([
    ["exit code 0", { exitCode: 0, output: bytes("3 files\nsaved\n") }, { result: "saved", output: "3 files saved" }],
    [
      "another exit code",
      { exitCode: 3, output: bytes("no room") },
      { result: "failed", how: "exit code 3", output: "no room" },
    ],
    ["a signal", { signal: "SIGKILL" }, { result: "failed", how: "ended by SIGKILL" }],
    ["a program that is not there", { notStarted: "ENOENT" }, { result: "failed", how: "ENOENT" }],
    ["too late", { exitCode: 0, timing: "timed-out" }, { result: "timed-out", how: "ended after 5000 ms" }],
  ])("CR 7.3: %s", async (_, end, expected) => {
    expect(await runBackup(command, subject, ending(end))).toMatchObject(expected);
  });

  test("CR 7.3: it hears what it is made for, and its output is bounded and one line", async () => {
    const asked: (readonly string[])[] = [];
    const output = bytes(`${"x".repeat(9000)}\u0000\u001b[31m\r\n${"ü".repeat(50)} the end`);
    const runner = { ...ending({ exitCode: 0, output }) };
    const told = await runBackup(command, subject, {
      ...runner,
      run: (filled) => {
        asked.push(filled.argv);
        return runner.run(filled);
      },
    });
    expect(asked).toEqual([["save", "ab".repeat(32), "6", "{else}"]]);
    expect(told.output).toMatch(/^[\x20-\x7e]{1,200}$/);
    expect(told.output).toMatch(/the end$/);
  });

  test("CR 7.3: a runner that cannot work is a backup that failed", async () => {
    const run = async (): Promise<CommandEnd> => {
      throw new Unavailable("installer-failed", { retryable: true });
    };
    expect(await runBackup(command, subject, { ...ending({}), run })).toMatchObject({ result: "failed", output: "" });
  });
});

describe("CR 7.3: nothing is armed before settings are saved", () => {
  const scene = async (
    backUp: (subject: InstallSubject, at: AgentAtWork) => Promise<BackupEnd>,
  ): Promise<AgentAtWork> => {
    const at: AgentAtWork = await begin({ backUp: (asked) => backUp(asked, at) });
    at.server.offered = deploymentOf("7", second);
    return at;
  };
  const saved: BackupEnd = { result: "saved", how: "exit code 0", output: "saved" };

  test("CR 7.3: it is made when the update lies verified in the other slot, and before it is armed", async () => {
    const states: string[] = [];
    const { agent, events, device } = await scene(async ({ sequence, manifestDigest }, at) => {
      expect(sequence).toBe(6n);
      expect(manifestDigest).toHaveLength(32);
      states.push(at.device.status().boot.state);
      return saved;
    });
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
    expect(states).toEqual(["staged"]);
    expect(device.status()).toMatchObject({ running: { sequence: 6n }, mode: "confirmed" });
    const order = events.map(({ event }) => event).filter((event) => /staged|backed-up|armed/.test(event));
    expect(order).toEqual(["staged", "backed-up", "armed"]);
    expect(events.flatMap(agentLogEntries)).toContainEqual({
      type: "backup-made",
      source: "agent",
      result: "success",
      facts: { action: "7", manifestDigest: expect.any(String), how: "exit code 0", output: "saved" },
    });
  });

  test.each([
    ["failed", "backup-failed"],
    ["timed-out", "backup-timed-out"],
  ] as const)(
    "CR 7.3: %s: the update waits where it is, is tried again, and goes on when it works",
    async (result, code) => {
      let end: BackupEnd = { result, how: "exit code 1", output: "no room" };
      const { agent, device, server, events, flash } = await scene(async () => end);
      expect(await agent.runOnce()).toMatchObject({ did: "waiting", refusal: { code, how: "exit code 1" } });
      expect(device.status()).toMatchObject({
        boot: { state: "staged" },
        running: { sequence: 5n },
        floor: { sequence: 5n },
      });
      const before = flash.snapshot();
      const calls = server.calls.length;
      expect(await agent.runOnce()).toMatchObject({ did: "waiting", refusal: { code } });
      // Neither fetched nor written again, and the server was told once.
      expect(server.calls.slice(calls).some((call) => call.includes("firmware.bin"))).toBe(false);
      expect(flash.snapshot()).toEqual(before);
      expect(server.feedbacks).toEqual([`POST 7 scheduled/none ${code}`]);
      const entries = events.flatMap(agentLogEntries);
      expect(entries).toContainEqual(
        expect.objectContaining({
          type: "backup-failed",
          result: "failure",
          facts: expect.objectContaining({ output: "no room" }),
        }),
      );
      expect(entries).toContainEqual(
        expect.objectContaining({ type: "update-waiting", facts: expect.objectContaining({ code }) }),
      );
      expect(explainDevice({ code, how: "exit code 1" }).problem).toContain("exit code 1");
      end = saved;
      expect(await agent.runOnce()).toMatchObject({ did: "updated" });
    },
  );

  test("CR 7.3: a process that is killed in the middle of it runs the old image, and makes the backup again", async () => {
    const { agent, server, flash } = await scene(async () => {
      throw new Error("killed");
    });
    await expect(agent.runOnce()).rejects.toThrow("killed");
    let made = 0;
    const again = await start(flash, server, {
      backUp: async () => {
        made++;
        return saved;
      },
    });
    expect(again.device.status()).toMatchObject({ running: { sequence: 5n }, mode: "confirmed" });
    expect(await again.agent.runOnce()).toMatchObject({ did: "updated" });
    expect(made).toBe(1);
  });
});
