import { describe, expect, onTestFinished, test, vi } from "vitest";
import { testIo } from "./sumac.test.support.ts";
import { humanSize, printable, progressLine, Terminal } from "./terminal.ts";

const facts = { code: "some-code", problem: "something is wrong", remedy: "make it right", exit: 3 } as const;
const esc = "\u001b";

describe("text from outside", () => {
  test.each([
    ["an escape sequence that clears the screen", `${esc}[2J`, "\\u{1b}[2J"],
    ["a line break that would forge a line", "ok\nerror[x]: y", "ok\\nerror[x]: y"],
    ["a carriage return that would overwrite the line", "bad\rgood", "bad\\u{d}good"],
    ["marks that reorder text", "a\u202eb\u2066c", "a\\u{202e}b\\u{2066}c"],
    ["C1 control characters", "\u009b31m", "\\u{9b}31m"],
    [
      "what has no glyph",
      "a\u3164\u115f\uffa0\u034f\u200b\u00ad\u{e0100}b",
      "a\\u{3164}\\u{115f}\\u{ffa0}\\u{34f}\\u{200b}\\u{ad}\\u{e0100}b",
    ],
    ["tabs", "a\tb", "a\\tb"],
    ["letters of any language", "Größe 大きさ", "Größe 大きさ"],
  ])("%s", (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test("is escaped in results, notes, warnings and failures", () => {
    const { io, said } = testIo();
    const terminal = new Terminal(io, "text");
    const bad = `x${esc}[31m\ny`;
    terminal.line(bad);
    terminal.note(bad);
    terminal.warning({ ...facts, problem: bad });
    terminal.failure({ ...facts, code: bad, problem: bad, remedy: bad });
    const { stdout, stderr } = said();
    expect(stdout + stderr).not.toContain(esc);
    expect(stdout.split("\n")).toHaveLength(2);
    expect(stderr.split("\n")).toHaveLength(6);
  });
});

describe("colours", () => {
  const coloured = (environment: Record<string, string>, terminal: { stderr?: true }): string => {
    const { io, said } = testIo({ environment, terminal });
    new Terminal(io, "text").failure(facts);
    return said().stderr;
  };
  const plain = "error[some-code]: something is wrong\nhint: make it right\n";

  test("only on a terminal", () => {
    expect(coloured({}, {})).toBe(plain);
    expect(coloured({}, { stderr: true })).toBe(
      `${esc}[31merror[some-code]${esc}[39m: something is wrong\n${esc}[36mhint${esc}[39m: make it right\n`,
    );
  });
  test("never with NO_COLOR or on a dumb terminal; an empty NO_COLOR means nothing", () => {
    expect(coloured({ NO_COLOR: "1" }, { stderr: true })).toBe(plain);
    expect(coloured({ TERM: "dumb" }, { stderr: true })).toBe(plain);
    expect(coloured({ NO_COLOR: "" }, { stderr: true })).not.toBe(plain);
  });
});

describe("--json", () => {
  test("keeps lines for people off stdout, and the other way round", () => {
    const json = testIo();
    const forPrograms = new Terminal(json.io, "json");
    forPrograms.line("text");
    forPrograms.json({ a: 1 });
    expect(json.said().stdout).toBe('{\n  "a": 1\n}\n');
    const text = testIo();
    const forPeople = new Terminal(text.io, "text");
    forPeople.line("text");
    forPeople.json({ a: 1 });
    expect(text.said().stdout).toBe("text\n");
  });
  test("after a stream of lines an error is a line too", () => {
    const { io, said } = testIo();
    const terminal = new Terminal(io, "json");
    terminal.jsonLine({ event: "begun" });
    terminal.json({ error: { code: "x" } });
    expect(said().stdout).toBe('{"event":"begun"}\n{"error":{"code":"x"}}\n');
  });
});

describe("progress", () => {
  test("nothing at all when stderr is no terminal", () => {
    const { io, said } = testIo();
    const progress = new Terminal(io, "text").progress("hashing", 100);
    progress.advance(50);
    progress.clear();
    expect(said()).toEqual({ stdout: "", stderr: "" });
  });
  test("a line that is taken away again before anything else is written", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { io, said } = testIo({ terminal: { stderr: true } });
    const terminal = new Terminal(io, "text");
    const progress = terminal.progress("hashing", 100);
    progress.advance(10);
    vi.advanceTimersByTime(150);
    progress.advance(40);
    terminal.note("a note");
    progress.clear();
    const { stderr } = said();
    expect(stderr).toMatch(/^\rhashing \[#+-+\] {2}50 % of 100 B\r/);
    expect(stderr.endsWith(`\r${esc}[2Ka note\n`)).toBe(true);
  });
  test("fits into a narrow terminal, and neither zero nor too much breaks it", () => {
    expect(progressLine("a-very-long-file-name.bin", 5, 10, 40).length).toBeLessThanOrEqual(40);
    expect(progressLine("x", 0, 0, 80)).toContain("100 % of 0 B");
    expect(progressLine("x", 30, 10, 80)).toContain("100 %");
  });
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [16456n, "16.1 KiB"],
  [1 << 30, "1.0 GiB"],
  [2n ** 41n, "2.0 TiB"],
])("%s bytes are %s", (bytes, text) => {
  expect(humanSize(bytes)).toBe(text);
});
