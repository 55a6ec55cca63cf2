// A server with a signed tree as a program of its own: `node serve-repository.test.support.ts DIRECTORY KEYS`. KEYS is a
// file with the TEST ONLY private keys of snapshot and timestamp, as PKCS#8 in base64, one a line.
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { nodeCrypto } from "@sumac/crypto/node";
import { startServer } from "../start-server.ts";
import { toyCheck } from "../toy-envelope.test.support.ts";
import { anyTarget, signerOf } from "./test-signer.test.support.ts";

const [dataDirectory, keys] = process.argv.slice(2);
if (dataDirectory === undefined || keys === undefined) throw new Error("which directory, which keys?");
const signers = readFileSync(keys, "utf8")
  .trim()
  .split("\n")
  .map((line) => signerOf(createPrivateKey({ key: Buffer.from(line, "base64"), format: "der", type: "pkcs8" })));
const repository = { signers, crypto: nodeCrypto, checkTarget: anyTarget };
const server = await startServer({
  dataDirectory,
  port: 0,
  checkEnvelope: toyCheck,
  repository,
  log: { level: "silent" },
});
process.stdout.write(`${server.url}\n`);
