import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { env, execPath } from "node:process";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { type CommandSignerOptions, openCommandSigner } from "./node-command-signer.ts";
import { generatePrivateKey } from "./node-private-key.ts";
import { passphraseOf } from "./passphrase.test.support.ts";
import { signerContract } from "./signer.contract.ts";
import { testCommand } from "./signer-command.test.support.ts";
import { type SignerFault, SignerUnavailable } from "./signer-fault.ts";
import { temporaryDirectory } from "./test-directory.test.support.ts";

const noPin = (): never => {
  throw new Error("nobody was to be asked");
};

const options = (words: readonly string[], more: Partial<CommandSignerOptions> = {}): CommandSignerOptions => ({
  words,
  environment: { PATH: env["PATH"] },
  workingFolder: temporaryDirectory(),
  obtainPin: noPin,
  ...more,
});

async function open(words: readonly string[], more: Partial<CommandSignerOptions> = {}) {
  const opened = await openCommandSigner(options(words, more));
  if (!opened.ok) throw new Error(opened.error.code);
  return opened.value;
}

for (const algorithm of ["ed25519", "esp256", "ml-dsa-65"] as const) {
  signerContract(`${algorithm} behind a command`, () =>
    open(testCommand("", { privateKey: generatePrivateKey(algorithm) })),
  );
}
signerContract("esp384 behind a command that answers DER", () =>
  open(
    testCommand(`if (reply.signature) reply = { signature: signed("der"), form: "der" };`, {
      privateKey: generatePrivateKey("esp384"),
    }),
  ),
);

/** What opening is refused with, or what signing throws. */
async function faultOf(twist: string, more: Partial<CommandSignerOptions> = {}): Promise<SignerFault> {
  const opened = await openCommandSigner(options(testCommand(twist), more));
  if (!opened.ok) return opened.error;
  try {
    await opened.value.sign(Uint8Array.of(1));
  } catch (thrown) {
    if (thrown instanceof SignerUnavailable) return thrown.fault;
    throw thrown;
  }
  throw new Error("it signed");
}

describe("T-SIGN-COMMAND: what a command may answer wrongly", () => {
  const signing = (text: string) => `if (request.do === "sign") ${text}`;
  const bad = (reason: string) => ({ code: "signer-reply-invalid", reason });
  const other = `const other = generateKeyPairSync("ed25519").privateKey;`;
  test.each<[string, string, object]>([
    ["nothing", "process.exit(0)", bad("nothing")],
    ["two lines", `process.stdout.write("{}\\n")`, bad("several-lines")],
    ["no JSON", `process.stdout.write("hello"); process.exit(0)`, bad("not-json")],
    ["a list", "reply = []", bad("not-a-reply")],
    ["an empty object", "reply = {}", bad("not-a-reply")],
    ["key and signature at once", `reply = { ...reply, signature: "AA==" }`, bad("not-a-reply")],
    ["an unknown error", `reply = { error: "tired" }`, bad("not-a-reply")],
    ["a signature for a key", `reply = { signature: "AA==" }`, bad("not-a-reply")],
    ["a key for a signature", signing("reply = { publicKey: pem(key) }"), bad("not-a-reply")],
    ["no key", `reply = { publicKey: "-----BEGIN PUBLIC KEY-----" }`, bad("public-key")],
    ["a private key", `reply = { publicKey: key.export({ type: "pkcs8", format: "pem" }) }`, bad("public-key")],
    ["a signature of no base64", signing(`reply = { signature: "%" }`), bad("signature")],
    ["half a signature", signing(`reply = { signature: reply.signature.slice(0, 44) }`), bad("signature")],
    ["DER of an Ed25519 key", signing(`reply = { ...reply, form: "der" }`), bad("signature")],
    ["an unknown form", signing(`reply = { ...reply, form: "jose" }`), bad("signature")],
    ["more than the limit", `process.stdout.write("x".repeat(70000))`, bad("too-large")],
    [
      "a signature of something else",
      signing(`reply = { signature: sign(null, Buffer.from("x"), key).toString("base64") }`),
      { code: "signature-not-by-key" },
    ],
    [
      "a signature by another key",
      `${other} if (request.do === "sign") reply = { signature: sign(null, message, other).toString("base64") }`,
      { code: "signature-not-by-key" },
    ],
    ["a good signature and a bad exit code", signing("exit = 3"), { code: "signer-command-failed", exit: 3, said: "" }],
    [
      "a crash",
      `process.stderr.write("no card\\nin the reader\\n"); process.exit(7)`,
      { code: "signer-command-failed", exit: 7, said: "no card\nin the reader" },
    ],
    [
      "a signal",
      `process.kill(process.pid, "SIGKILL"); while (true);`,
      { code: "signer-command-failed", exit: "SIGKILL" },
    ],
  ])("%s", async (_, twist, fault) => {
    expect(await faultOf(twist)).toMatchObject({ ...fault, signer: execPath });
  });

  test.each<[string, object]>([
    [`{ error: "pin-wrong", triesLeft: 2 }`, { code: "pin-wrong", triesLeft: 2 }],
    [`{ error: "pin-wrong", triesLeft: "two" }`, { code: "pin-wrong" }],
    [`{ error: "pin-blocked" }`, { code: "pin-blocked" }],
    [`{ error: "token-absent" }`, { code: "token-absent" }],
    [`{ error: "key-not-found" }`, { code: "signing-key-not-found" }],
    [`{ error: "user-refused" }`, { code: "user-refused" }],
    [`{ error: "failed", message: "the vault is sealed" }`, { code: "signer-failed", said: "the vault is sealed" }],
  ])("names its error %s, whatever its exit code", async (reply, fault) => {
    for (const when of ["", `if (request.do === "sign") `]) {
      expect(await faultOf(`${when}{ reply = ${reply}; exit = 1; }`)).toEqual({ ...fault, signer: execPath });
    }
  });

  test("is given up after its time, children of its own or not", async () => {
    const twist = `const { spawn } = await import("node:child_process");
      const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 3000)"], { stdio: "inherit" }); child.unref();
      await new Promise((resolve) => setTimeout(resolve, 3000));`;
    const begun = performance.now();
    expect(await faultOf(twist, { timeoutMs: 700 })).toMatchObject({ code: "signer-command-too-slow", seconds: 0.7 });
    expect(performance.now() - begun).toBeLessThan(2500);
  });

  test("is not there", async () => {
    const missing = await openCommandSigner(options(["/no/such/signer"]));
    expect(missing).toEqual({ ok: false, error: { code: "signer-command-not-found", signer: "/no/such/signer" } });
  });

  test.each([
    [[], "no-program"],
    [[""], "no-program"],
    [["x", ""], "empty-word"],
  ])("%j", async (words, reason) => {
    expect(await openCommandSigner(options(words))).toEqual({
      ok: false,
      error: { code: "signer-command-invalid", reason },
    });
  });
});

describe("how a command is run", () => {
  test("no shell reads its words, and it sees the environment it is given, no other", async () => {
    const words = [...testCommand(), "$(touch owned)", ";touch owned", "a  b"];
    const workingFolder = temporaryDirectory();
    await open(words, { workingFolder });
    const calls = readFileSync(join(dirname(words[1] ?? ""), "calls"), "utf8");
    expect(calls).toBe("public-key $(touch owned),;touch owned,a  b\n");
    expect(existsSync(join(workingFolder, "owned"))).toBe(false);
    const told: string[] = [];
    await open(testCommand(`console.error(process.env.ONE + " " + process.env.HOME)`), {
      environment: { PATH: env["PATH"], ONE: "1" },
      onNotice: (line) => told.push(line),
    });
    expect(told).toEqual(["1 undefined"]);
  });

  test("what it says to the person comes while it runs, up to a limit", async () => {
    const told: string[] = [];
    await open(testCommand(`console.error("touch the key"); console.error("y".repeat(10000));`), {
      onNotice: (line) => told.push(line),
    });
    expect(told[0]).toBe("touch the key");
    expect(told.join("\n").length).toBeLessThanOrEqual(4096);
  });

  const wantsPin = `if (request.pin === undefined) { reply = { error: "pin-needed" }; exit = 1; }
    else if (request.pin !== "1234") reply = { error: "pin-wrong", triesLeft: 2 };`;

  test("a PIN is asked for once, only when needed, and goes over standard input", async () => {
    let asked = 0;
    const obtainPin = async () => {
      asked++;
      return passphraseOf("1234");
    };
    const words = testCommand(`if (request.do === "sign") { ${wantsPin} }
      if (process.argv.join().includes("1234") || JSON.stringify(process.env).includes("1234")) process.exit(9);`);
    const signer = await open(words, { obtainPin });
    expect(asked).toBe(0);
    const messages = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
    const signatures = await Promise.all(messages.map((message) => signer.sign(message)));
    for (const [index, signature] of signatures.entries()) {
      expect(nodeCrypto.verify(signer.publicKey, messages[index] ?? new Uint8Array(), signature)).toBe(true);
    }
    expect(asked).toBe(1);
  });

  test("a wrong PIN is tried once, and stays out of the fault", async () => {
    const words = testCommand(wantsPin);
    const opened = await openCommandSigner(options(words, { obtainPin: async () => passphraseOf("987654") }));
    expect(opened).toEqual({ ok: false, error: { code: "pin-wrong", signer: execPath, triesLeft: 2 } });
    expect(readFileSync(join(dirname(words[1] ?? ""), "calls"), "utf8")).toBe("public-key \npublic-key \n");
  });

  test("what the asking throws comes out", async () => {
    const opening = openCommandSigner(options(testCommand(wantsPin), { obtainPin: noPin }));
    await expect(opening).rejects.toThrow("nobody was to be asked");
  });

  test("a command that never reads its input works", async () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    const reply = JSON.stringify({ publicKey: publicKey.export({ type: "spki", format: "pem" }) });
    await open([execPath, "-e", `console.log(${JSON.stringify(reply)})`]);
  });
});
