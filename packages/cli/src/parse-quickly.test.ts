import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Arguments, Command } from "./command.ts";
import { parseWithCommander } from "./commander-parser.ts";
import { verify } from "./commands/verify.ts";
import { parseQuickly } from "./parse-quickly.ts";

/** Everything a command can learn from a line. */
function contentOf(command: Command, given: Arguments): unknown {
  return {
    operands: command.operands.map(({ name }) => given.operand(name)),
    options: [...command.options, { name: "json" }].map(({ name }) => [name, given.all(name)]),
  };
}

function full(words: readonly string[]): unknown {
  try {
    const parsed = parseWithCommander(verify, words);
    return "page" in parsed ? "page" : contentOf(verify, parsed.arguments);
  } catch {
    return "refused";
  }
}

describe("both readers agree", () => {
  test.each([
    [["a.suit", "--key", "k.pem"]],
    [["a.suit", "--key=k.pem", "--json"]],
    [["--json", "--key", "k1", "--key", "k2", "-"]],
    [["a.suit", "--allow-alg", "-7", "--key", "k"]],
    [["a.suit", "--allow-alg=-7", "--key", "k"]],
    [["a.suit", "--payload", "http://h/?a=b=c.bin", "--key", "k"]],
    [["a.suit", "--floor", "", "--key", "k"]],
    [["a.suit", "--key", "--json"]],
  ])("%j", (words) => {
    const quick = parseQuickly(verify, words);
    expect(quick && contentOf(verify, quick)).toEqual(full(words));
  });

  test("on whatever the quick one accepts", () => {
    const word = fc.constantFrom(
      ..."a.suit - -- -7 -h --help --key --key=k k --json --json=1 --floor --floor=3 3 --allow-alg --kye -V --threshold".split(
        " ",
      ),
      "",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 7 }), (words) => {
        const quick = parseQuickly(verify, words);
        if (quick !== undefined) expect(contentOf(verify, quick)).toEqual(full(words));
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  [["--help"]],
  [[]],
  [["a", "b"]],
  [["a", "--nope"]],
  [["a", "-x"]],
  [["a", "--key"]],
  [["a", "--json=yes"]],
  [["--", "a"]],
])("%j is left to the library", (words) => {
  expect(parseQuickly(verify, words)).toBeUndefined();
});
