import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { judgeCbor } from "../vectors/judge-cbor.ts";
import { judgeCoseVector } from "../vectors/judge-cose.ts";
import { readVectors } from "../vectors/vector-folder.ts";
import type { RefusedInput, Verdict } from "../vectors/verdict.ts";
import { guarded, type Subject } from "./subject.ts";

/** Whatever CBOR is accepted is written again as it was: two inputs never have one meaning. */
export const cborSubjects = (): readonly Subject[] =>
  accepted("cbor").map(({ name, bytes }) => ({
    layer: "cbor",
    name,
    bytes,
    faultOf: (damage) => guarded(() => faultOfVerdict(judgeCbor(damage.bytes), damage.bytes)),
  }));

/** What was signed of COSE: damage may put one block in the place of another, which is a replay and not damage. */
const signedMeanings = new Set<string>();

/** A damaged block may still be the signature, where the damage is outside of what is signed. */
export const coseSubjects = (): readonly Subject[] =>
  accepted("cose").map(({ name, bytes, headers }) => {
    // Nothing is signed there; that it is written again as it was says that two inputs never have one meaning.
    const isEncrypt = headers.context === "encrypt";
    const judge = (block: Uint8Array): Verdict => judgeCoseVector({ bytes: block, headers }, nodeCrypto);
    signedMeanings.add(meaningText(judge(bytes)));
    return {
      layer: "cose",
      name,
      ...(headers.context === undefined ? {} : { context: headers.context }),
      bytes,
      faultOf: (damage) =>
        guarded(() => {
          const verdict = judge(damage.bytes);
          const changed = verdict.verdict === "accept" && !isEncrypt && !signedMeanings.has(meaningText(verdict));
          return changed ? "accepted with another meaning" : faultOfVerdict(verdict, damage.bytes);
        }),
    };
  });

const accepted = (layer: "cbor" | "cose") =>
  readVectors(layer).filter(({ expect: { verdict } }) => verdict === "accept");

const meaningText = (verdict: Verdict): string =>
  verdict.verdict === "accept" ? JSON.stringify(verdict.meaning) : verdict.code;

function faultOfVerdict(verdict: Verdict, bytes: Uint8Array): string | undefined {
  if (verdict.verdict === "reject") return faultOfOffset(verdict, bytes.length);
  return bytesToHex(verdict.rewritten) === bytesToHex(bytes) ? undefined : "written again differently";
}

/** The end of the input is an offset too: something is missing there. */
export function faultOfOffset({ offset }: Pick<RefusedInput, "offset">, length: number): string | undefined {
  if (offset === undefined || (Number.isInteger(offset) && offset >= 0 && offset <= length)) return undefined;
  return `offset ${offset} is not in the input`;
}
