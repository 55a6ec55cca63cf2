/** `sumac device push` against peers that mean no good, at the other end of a real pseudo-terminal or a TCP connection. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { consoleFraming, type Link, type SmpCall, type SmpMap, serveSmp, sumacCommand, sumacGroup } from "@sumac/smp";
import { nodeTimer, openPtyLink, socketLink } from "@sumac/smp/node";
import { digestOf, parseEnvelope } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import {
  type BuiltRelease,
  buildRelease,
  emptyFolder,
  type Said,
  sumac,
  testPublicKey,
  twoLines,
} from "../sumac.test.support.ts";

const hasTerminals = process.platform !== "win32";
if (!hasTerminals) console.warn("device push is not tried: this system has no pseudo-terminals");

const push = (built: BuiltRelease, port: string, ...more: readonly string[]): Promise<Said> =>
  sumac(["device", "push", built.envelope, "--port", port, "--key", testPublicKey("vendor"), "--wait", "1", ...more], {
    folder: path.dirname(built.envelope),
  });

/** A peer that knows what a Sumac device would say, and says whatever it likes. */
class Liar {
  readonly asked: string[] = [];
  readonly #answers: Partial<Record<keyof typeof sumacCommand, (body: SmpMap) => SmpMap>>;

  constructor(answers: Partial<Record<keyof typeof sumacCommand, (body: SmpMap) => SmpMap>>) {
    this.#answers = answers;
  }

  async handle({ group, id, body }: SmpCall): Promise<SmpMap> {
    if (group === 0 && id === 6) return { buf_size: 1024, buf_count: 1 };
    if (group === 0 && id === 0) return { r: String(body["d"]) };
    const name = (Object.keys(sumacCommand) as (keyof typeof sumacCommand)[]).find((key) => sumacCommand[key] === id);
    if (group !== sumacGroup || name === undefined) return { rc: 8 };
    this.asked.push(name);
    return this.#answers[name]?.(body) ?? { rc: 8 };
  }
}

const serve = (link: Link, handler: Liar): Promise<void> =>
  serveSmp({ link, framing: consoleFraming(), handler, form: "indefinite", longestReply: 1020, timer: nodeTimer });

/** The end of a push to it, as an error code; `asked` = what it was asked. */
async function pushToLiar(liar: Liar, built: BuiltRelease): Promise<string> {
  const pty = openPtyLink();
  const serving = serve(pty, liar);
  const said = await push(built, pty.path);
  await pty.close();
  await serving;
  expect(said.code).not.toBe(1);
  return /^error\[([a-z-]+)\]/m.exec(said.stderr)?.[1] ?? `code ${said.code}`;
}

const identityOf = (built: BuiltRelease, state = "idle", manifest?: Uint8Array): SmpMap => ({
  protocol: 1,
  vendors: [Uint8Array.from(Buffer.from(built.vendorId.replaceAll("-", ""), "hex"))],
  classes: [Uint8Array.from(Buffer.from(built.classId.replaceAll("-", ""), "hex"))],
  components: [{ id: [new TextEncoder().encode("firmware")], max: 262_144 }],
  floor: 1,
  state,
  ...(manifest === undefined ? {} : { manifest: [-16, manifest] }),
  trust: [-16, new Uint8Array(32)],
});

const digestIn = (built: BuiltRelease): Uint8Array => {
  const parsed = parseEnvelope(new Uint8Array(readFileSync(built.envelope)));
  if (!parsed.ok) throw new Error(parsed.error.code);
  return parsed.value.digest.bytes;
};

/** Takes an envelope as it comes. */
const takesAll = ({ off, data }: SmpMap): SmpMap => ({
  off: Number(off) + (data instanceof Uint8Array ? data.length : 0),
});

describe.skipIf(!hasTerminals)("T-SER-LIAR a peer that means no good", { timeout: 60_000 }, () => {
  test.each([
    [7, "message-too-large"],
    [10, "busy"],
  ])("cannot say who it is now (rc %d): it is not taken for another kind of device", async (rc, code) => {
    const built = await buildRelease(emptyFolder());
    expect(await pushToLiar(new Liar({ identity: () => ({ rc }) }), built)).toBe(code);
  });

  test("asks for the payload for ever: it comes to an end", async () => {
    const built = await buildRelease(emptyFolder());
    const manifest = [-16, digestIn(built)];
    const liar = new Liar({
      identity: () => identityOf(built),
      envelope: takesAll,
      payload: takesAll,
      verdict: () => ({ state: "wants-payload", uri: built.uri, component: [], size: 16_488, off: 0, manifest }),
    });
    expect(await pushToLiar(liar, built)).toBe("payload-never-taken");
    expect(liar.asked.length).toBeLessThan(1000);
  });

  test("asks for a file that nobody offered: it gets none", async () => {
    const built = await buildRelease(emptyFolder());
    const manifest = [-16, digestIn(built)];
    const liar = new Liar({
      identity: () => identityOf(built),
      envelope: takesAll,
      verdict: () => ({ state: "wants-payload", uri: "file:///etc/passwd", component: [], size: 9, off: 0, manifest }),
    });
    expect(await pushToLiar(liar, built)).toBe("payload-not-in-manifest");
    expect(liar.asked).not.toContain("payload");
  });

  test("claims to run the new image on trial, and its identity says another one: it is not confirmed", async () => {
    const built = await buildRelease(emptyFolder());
    const manifest = [-16, digestIn(built)];
    const liar = new Liar({
      identity: () => identityOf(built, "idle", digestOf(nodeCrypto, "sha-256", new Uint8Array(1)).bytes),
      envelope: takesAll,
      verdict: () => ({ state: "trial", manifest }),
      act: () => ({}),
    });
    expect(await pushToLiar(liar, built)).toBe("device-not-updated");
    expect(liar.asked).not.toContain("act");
  });

  test.each<[string, SmpMap, string]>([
    ["jumps beyond the end", { off: 2_000_000 }, "offset-beyond"],
    ["stays where it is", { off: 0 }, "upload-stuck"],
    ["names no offset", {}, "answer-without-offset"],
  ])("an upload that %s", async (_, answer, code) => {
    const built = await buildRelease(emptyFolder());
    const liar = new Liar({
      identity: () => identityOf(built),
      verdict: () => ({ state: "idle" }),
      envelope: () => answer,
    });
    expect(await pushToLiar(liar, built)).toBe(code);
    expect(liar.asked.length).toBeLessThan(100);
  });

  test.each<[string, SmpMap]>([
    ["no members", {}],
    ["a text for a number", { ...({} as SmpMap), protocol: "1" }],
  ])("an identity with %s", async (_, identity) => {
    const built = await buildRelease(emptyFolder());
    expect(await pushToLiar(new Liar({ identity: () => identity }), built)).toBe("unexpected-answer");
  });

  test("its words cannot steer the terminal", async () => {
    const built = await buildRelease(emptyFolder());
    const pty = openPtyLink();
    const liar = new Liar({
      identity: () => identityOf(built),
      envelope: takesAll,
      verdict: () => ({ state: "refused", code: "rollback", facts: { offered: "\u001b[2J\u001b[31mdone\n" } }),
    });
    const serving = serve(pty, liar);
    const said = await push(built, pty.path);
    await pty.close();
    await serving;
    expect(said.stderr).toMatch(twoLines("rollback"));
    expect(said.stderr).not.toContain("\u001b");
  });

  test("talks without end, and says nothing: bounded time and memory, and a name for it", async () => {
    const built = await buildRelease(emptyFolder());
    const pty = openPtyLink();
    let state: "talking" | "over" = "talking";
    const noise = new Uint8Array(4096).map((_, i) => (i % 61 === 0 ? 10 : 65 + (i % 26)));
    const talking = (async () => {
      while (state === "talking") {
        await Promise.race([pty.write(noise).catch(() => undefined), nodeTimer.wait(50)]);
        await nodeTimer.wait(1);
      }
    })();
    const before = process.memoryUsage().rss;
    const said = await push(built, pty.path);
    state = "over";
    expect(said.stderr).toMatch(/^error\[no-answer\]: .*text was heard, and no answer in it/);
    expect(process.memoryUsage().rss - before).toBeLessThan(80 * 1024 * 1024);
    await pty.close();
    await talking;
  });
});

test.each([
  ["log", "--after", "9007199254740992"],
  ["log", "--after", "18446744073709551615"],
  ["erase", "--slot", "18446744073709551615"],
  ["info", "--baud", "4294967296"],
])(
  "device %s: a number that no device has is refused before the port is opened: %s %s",
  async (word, option, value) => {
    const said = await sumac(["device", word, "--port", "/nowhere/port", option, value], { folder: emptyFolder() });
    expect([said.code, said.stderr]).toEqual([2, expect.stringContaining(`error[bad-value]: ${option} ${value}`)]);
  },
);

describe("over TCP", { timeout: 60_000 }, () => {
  test("T-SER-LIAR makes up a log without end: device log ends before it fills the memory", async () => {
    let made = 0;
    const facts = { maps: Array.from({ length: 1500 }, () => ({})) };
    const liar = new Liar({ log: () => ({ events: [{ n: ++made, code: "x", facts }], last: 2 ** 40 }) });
    const server = createServer((link) => {
      const line = { link: socketLink(link), framing: consoleFraming(), timer: nodeTimer } as const;
      void serveSmp({ ...line, handler: liar, form: "definite", longestReply: 8000 });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const said = await sumac(["device", "log", "--port", `tcp://127.0.0.1:${address.port}`], { folder: emptyFolder() });
    server.close();
    expect([said.code, said.stdout, said.stderr]).toEqual([6, "", expect.stringMatching(twoLines("log-too-long"))]);
    // 96 KB of memory each, from 2 KB on the line.
    expect(made).toBeLessThan(180);
  });

  test("a device behind a terminal server", async () => {
    const built = await buildRelease(emptyFolder());
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const liar = new Liar({ identity: () => identityOf(built, "confirmed", digestIn(built)) });
    const pushing = push(built, `tcp://127.0.0.1:${address.port}`);
    const [socket] = await accepted;
    const serving = serve(socketLink(socket), liar);
    expect((await pushing).stdout).toContain("already installed: 1.1.0, sequence 2");
    socket.destroy();
    await serving;
    server.close();
  });

  test.each(["idle", "trial"] as const)(
    "cut at the question for its verdict, as it is %s: it is asked again",
    async (state) => {
      const built = await buildRelease(emptyFolder());
      const digest = digestIn(built);
      const manifest = [-16, digest];
      let line: Socket | undefined;
      // The cut comes after what it stands at: the first question, or the one after the confirmation.
      const verdicts: SmpMap[] = state === "idle" ? [] : [{ state, manifest }];
      let cuts = 0;
      const liar = new Liar({
        identity: () => (state === "idle" ? identityOf(built) : identityOf(built, "trial", digest)),
        act: () => ({}),
        verdict: () => {
          const next = verdicts.shift();
          if (next !== undefined) return next;
          if (cuts++ === 0) line?.destroy();
          return { state: "confirmed", manifest };
        },
      });
      const serving: Promise<void>[] = [];
      const server = createServer((socket) => {
        line = socket;
        serving.push(serve(socketLink(socket), liar));
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("no port");
      const said = await push(built, `tcp://127.0.0.1:${address.port}`);
      line?.destroy();
      await Promise.all(serving);
      server.close();
      expect([said.code, cuts, said.stdout]).toEqual([0, 2, expect.stringContaining("confirmed: 1.1.0, sequence 2")]);
    },
  );
});
