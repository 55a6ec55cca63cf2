import { createHash } from "node:crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { openEnvelope, preAuthentication } from "@sumac/sdl";
import type { Delegation } from "@sumac/tuf";
import { exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { readGateReport } from "./release-papers.ts";

/**
 * The gate report that a line lists with its envelope, as member of `custom` (docs/spec/tuf.md 5). Passed (waivers and an
 * approved emergency count) and of the envelope's images, like every report that goes out; and signed by a key of the
 * line, no signature of which may be wrong: its digest is about to be signed as theirs.
 */
export async function listedGateReport(
  io: Io,
  name: string,
  envelope: Uint8Array,
  { name: role, keys }: Delegation,
): Promise<{ readonly sha256: string }> {
  const { bytes } = await readGateReport(io, name, envelope);
  const opened = openEnvelope(bytes);
  if (!opened.ok) throw new Error("a gate report that was read cannot be opened");
  const { payloadType, payload, signatures } = opened.value;
  const signed = preAuthentication(payloadType, payload);
  const verdicts = signatures.flatMap(({ keyid, sig }) => {
    const key = keys.get(keyid)?.usable?.publicKey;
    return key === undefined ? [] : [nodeCrypto.verify(key, signed, sig)];
  });
  if (verdicts.length === 0)
    throw refused(
      "gate-report-of-others",
      `no key of ${role} has signed ${name}`,
      "sign with --product and a key of it",
    );
  if (verdicts.includes(false))
    throw refused("gate-report-altered", `${name} is not what was signed`, "sign the envelope again with --product");
  return { sha256: createHash("sha256").update(bytes).digest("hex") };
}

const refused = (code: string, problem: string, remedy: string): Failure =>
  new Failure({ code, problem, remedy, exit: exitCode.refused });
