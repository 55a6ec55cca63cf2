import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { temporaryDirectory } from "./test-directory.test.support.ts";

/**
 * A signing command of a few lines, as a vendor of a key service would write one; `twist` is JavaScript that runs
 * before the reply is written and may change `reply`, or answer in its own way. TEST ONLY: the key lies beside it.
 */
export function testCommand(
  twist = "",
  { privateKey }: { readonly privateKey: KeyObject } = generateKeyPairSync("ed25519"),
): readonly string[] {
  const folder = temporaryDirectory();
  const key = join(folder, "key.pem");
  writeFileSync(key, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const program = join(folder, "sign.mjs");
  writeFileSync(
    program,
    `import { createPrivateKey, createPublicKey, sign, generateKeyPairSync } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
const key = createPrivateKey(readFileSync(process.argv[2]));
const request = JSON.parse(readFileSync(0, "utf8"));
appendFileSync(${JSON.stringify(join(folder, "calls"))}, request.do + " " + process.argv.slice(3).join(",") + "\\n");
const pem = (one) => createPublicKey(one).export({ type: "spki", format: "pem" });
const hash = { ec: key.asymmetricKeyDetails.namedCurve === "secp384r1" ? "sha384" : "sha256" }[key.asymmetricKeyType];
const message = Buffer.from(request.message ?? "", "base64");
const signed = (dsaEncoding) => sign(hash ?? null, message, { key, dsaEncoding }).toString("base64");
let reply = request.do === "sign" ? { signature: signed("ieee-p1363") } : { publicKey: pem(key) };
let exit = 0;
${twist}
process.stdout.write(JSON.stringify(reply) + "\\n");
process.exitCode = exit;
`,
  );
  return [execPath, program, key];
}
