import { expect, test } from "vitest";
import { commandIndex } from "./command-index.ts";
import { exitCode } from "./exit-code.ts";
import { sumac, twoLines } from "./sumac.test.support.ts";

test("--version tells sumac, Node and the draft", async () => {
  const said = await sumac(["--version"]);
  expect(said).toMatchObject({ code: 0, stderr: "" });
  expect(said.stdout).toMatch(/^sumac \d+\.\d+\.\d+\nnode 24\.\d+\.\d+\ndraft-ietf-suit-manifest-37\n$/);
  expect((await sumac(["--version", "--json"])).json()).toMatchObject({ suit: "draft-ietf-suit-manifest-37" });
});

test("help exit-codes lists every code", async () => {
  const { stdout, code } = await sumac(["help", "exit-codes"]);
  expect(code).toBe(0);
  for (const number of Object.values(exitCode)) expect(stdout).toMatch(new RegExp(`^ *${number} {2}`, "m"));
});

test.each([[["--help"]], [["-h"]], [["help"]]])("%j lists every command", async (words) => {
  const { stdout, code } = await sumac(words);
  expect(code).toBe(0);
  for (const { name } of commandIndex) expect(stdout).toContain(name.split(" ")[0]);
});

test.each([[[]], [["keys"]]])("%j without a command prints its page and says what is missing", async (words) => {
  const said = await sumac(words);
  expect(said.code).toBe(2);
  expect(said.stderr).toMatch(twoLines("missing-command"));
  expect(said.stdout).toBe((await sumac([...words, "--help"])).stdout);
});

test.each([[["--json"]], [["keys", "--json"]], [["--json", "keys"]]])(
  "%j is an error object and the two lines",
  async (words) => {
    const said = await sumac(words);
    expect(said.code).toBe(2);
    expect(said.json()).toMatchObject({ error: { code: "missing-command" } });
    expect(said.stderr).toMatch(twoLines("missing-command"));
  },
);

test.each([[["help"]], [["--help"]], [["keys", "--help"]], [["help", "keys", "new"]], [["verify", "--help"]]])(
  "%j with --json is the page in an object",
  async (words) => {
    const page = (await sumac(words)).stdout;
    for (const line of [
      [...words, "--json"],
      ["--json", ...words],
    ]) {
      const said = await sumac(line);
      expect(said).toMatchObject({ code: 0, stderr: "" });
      expect(said.json()).toEqual({ help: page });
    }
  },
);

test.each(commandIndex.map(({ name, summary }) => [name, summary] as const))(
  "%s has a help page",
  async (name, summary) => {
    const words = name.split(" ");
    const said = await sumac([...words, "--help"]);
    expect(said).toMatchObject({ code: 0, stderr: "" });
    expect(said.stdout).toContain(summary);
    expect(said.stdout).toContain("--json");
    expect((await sumac(["help", ...words])).stdout).toBe(said.stdout);
  },
);

test("the index and the commands say the same of themselves", async () => {
  for (const { name, summary, load } of commandIndex) expect(await load()).toMatchObject({ name, summary });
});

test("--json may stand before the command", async () => {
  expect((await sumac(["--json", "--version"])).json()).toHaveProperty("sumac");
  for (const words of [
    ["--json", "keys", "list"],
    ["keys", "--json", "list"],
  ]) {
    const said = await sumac([...words, "--dir", "/nowhere"]);
    expect(said.json()).toMatchObject({ error: { code: "key-directory-not-found" } });
  }
});

test.each([
  [["help", "keys"], 0],
  [["keys"], 2],
  [["keys", "--help"], 0],
  [["help", "nonsense"], 2],
  [["nonsense", "--help"], 2],
])("%j ends with %i", async (words, code) => {
  expect((await sumac(words)).code).toBe(code);
});
