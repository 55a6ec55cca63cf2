import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { parseReply, replyErrors, requestLine, type SignerRequest, signerProtocol } from "@sumac/signing";
import { openCommandSigner } from "@sumac/signing/node";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/signer-protocol.md");
const example = Array.from(page.matchAll(/^([<>]) (\{.*\})$/gm), ([, side = "", line = ""]) => ({ side, line }));

const codesOf = (file: string, type: string): string[] => {
  const source = readFileSync(path.join(root, "packages", file), "utf8");
  const from = source.indexOf(`export type ${type}`);
  const to = source.indexOf(";\n\n", from);
  return Array.from(source.slice(from, to).matchAll(/code: "([a-z-]+)"/g), ([, code = ""]) => code);
};

test("the requests of the example are what the code writes, the replies what it understands", () => {
  const requests = example.filter(({ side }) => side === ">").map(({ line }) => line);
  expect(requests).toHaveLength(3);
  const { keyId } = JSON.parse(requests[1] ?? "") as { keyId: string };
  const message = new Uint8Array();
  const sign: SignerRequest = { do: "sign", keyId: hexToBytes(keyId), algorithm: "Ed25519", message };
  const written = [
    requestLine({ do: "public-key" }, undefined),
    requestLine(sign, undefined),
    requestLine(sign, "1234"),
  ];
  expect(requests.map((line) => `${line}\n`)).toEqual(written);

  const replies = example.filter(({ side }) => side === "<").map(({ line }) => parseReply(`${line}\n`, "x"));
  const [key, error, signature] = replies.map((reply) => (reply.ok ? reply.value : undefined));
  expect(error).toEqual({ kind: "error", fault: { code: "pin-needed", signer: "x" } });
  if (key?.kind !== "public-key" || signature?.kind !== "signature") throw new Error("no example");
  expect(nodeCrypto.verify(key.publicKey, message, signature.bytes)).toBe(true);
});

test("the errors are those of the code, with their refusals", () => {
  const rows = tableRows(page, ["Error", "Means", "Refusal"]).map(([error = "", , refusal = ""]) => [
    codeSpans(error)[0],
    codeSpans(refusal)[0],
  ]);
  const inCode = replyErrors.map((error) => {
    const reply = parseReply(JSON.stringify({ error }), "x");
    if (!reply.ok || reply.value.kind !== "error") throw new Error(error);
    return [error, reply.value.fault.code];
  });
  expect(rows).toEqual(inCode);
});

test("members and refusals are those of the code", () => {
  const members = (header: readonly string[]) => tableRows(page, header).map(([name = ""]) => codeSpans(name)[0]);
  const request = requestLine({ do: "sign", keyId: new Uint8Array(1), algorithm: "a", message: new Uint8Array() }, "1");
  expect(members(["Member", "In", "Is"])).toEqual(Object.keys(JSON.parse(request) as object));
  const source = readFileSync(path.join(root, "packages/signing/src/signer-protocol.ts"), "utf8");
  const [, read = ""] = /const \{ ([^}]+) \} = reply as/.exec(source) ?? [];
  expect(members(["Member", "Is"]).sort()).toEqual(read.split(", ").sort());

  const named = replyErrors.map((error) => (error === "key-not-found" ? "signing-key-not-found" : error));
  const all = [
    ...codesOf("signing/src/signer-fault.ts", "SignerFault"),
    ...codesOf("signing/src/signer-fault.ts", "SignerCommandFault"),
  ];
  const own = all.filter((code) => code !== "signer-failed" && !named.some((error) => error === code));
  expect(tableRows(page, ["Code", "Means"]).map(([code = ""]) => codeSpans(code)[0])).toEqual(own);
});

test("the limits are those of the code", () => {
  expect(page).toContain(`at most ${signerProtocol.maxNoticeBytes} bytes`);
  expect(page).toContain(`at most ${signerProtocol.maxReplyBytes} bytes`);
  expect(page).toContain(`at most ${signerProtocol.timeoutSeconds} seconds`);
  expect(page).toContain(`the version of this protocol: ${signerProtocol.version}`);
});

test.each(["vendor", "vendor-p256"])("the command of the page signs, with the key of %s", async (holder) => {
  const folder = temporaryFolder();
  const [, command = ""] = /^```js\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const program = path.join(folder, "sign.mjs");
  writeFileSync(program, command, { mode: 0o755 });
  const key = path.join(root, "firmware-fixtures", "keys", `${holder}.test-only.private.pem`);
  const opened = await openCommandSigner({
    words: [process.execPath, program, key],
    environment: { PATH: process.env["PATH"] },
    workingFolder: folder,
    obtainPin: () => Promise.reject(new Error("no PIN was to be asked for")),
  });
  if (!opened.ok) throw new Error(opened.error.code);
  const { publicKey, sign } = opened.value;
  expect(nodeCrypto.verify(publicKey, Uint8Array.of(1), await sign(Uint8Array.of(1)))).toBe(true);
});
