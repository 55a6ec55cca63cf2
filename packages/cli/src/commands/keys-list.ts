import { bytesToHex } from "@sumac/crypto";
import { explain } from "@sumac/signing";
import { type KeyEntry, listKeys } from "@sumac/signing/node";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Jsonable } from "../json-output.ts";
import { algorithmName } from "../key-algorithm.ts";
import { locate } from "../location.ts";
import { noteWarnings, orFail } from "../signing-failure.ts";

export const keysList: Command = {
  name: "keys list",
  summary: "list the keys of a folder",
  operands: [],
  options: [{ name: "dir", value: "folder", summary: "folder to list (default keys)" }],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const folder = given.option("dir") ?? "keys";
  const entries = orFail(await listKeys(locate(io, folder)));
  terminal.json({ folder, keys: entries.map(describe) });
  for (const { name, key, privateKeyPath } of entries) {
    const halves = privateKeyPath === undefined ? "public only" : "private and public";
    if (key.ok) {
      terminal.line(`${name}  ${algorithmName(key.value.publicKey)}  ${bytesToHex(key.value.keyId)}  ${halves}`);
    } else terminal.line(`${name}  unusable: ${explain(key.error).problem}`, "red");
  }
  if (entries.length === 0) terminal.line(`no keys in ${folder}`);
  for (const { warnings } of entries) noteWarnings(warnings, terminal);
  return exitCode.ok;
}

function describe({ name, key, privateKeyPath, warnings }: KeyEntry): Jsonable {
  const common = { name, private: privateKeyPath !== undefined, warnings: warnings.map(({ code }) => code) };
  if (!key.ok) return { ...common, error: { code: key.error.code, ...explain(key.error) } };
  return { ...common, algorithm: algorithmName(key.value.publicKey), keyId: key.value.keyId };
}
