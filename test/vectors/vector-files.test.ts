import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { checkTrustRecord } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import {
  formatVector,
  headerNames,
  parseVector,
  type Vector,
} from "../../firmware-fixtures/vectors-source/vector-file.ts";
import { codeSpans, tableRows } from "../docs/markdown.ts";
import { judgeCbor } from "./judge-cbor.ts";
import { judgeCoseVector } from "./judge-cose.ts";
import { judgeSuit } from "./judge-suit.ts";
import { contextNames, recipientContext } from "./recipient-context.ts";
import { allVectors, vectorFolder } from "./vector-folder.ts";
import type { Verdict } from "./verdict.ts";

const root = path.resolve(import.meta.dirname, "../..");
const vectors = allVectors();
const accepted = vectors.filter(({ expect: { verdict } }) => verdict === "accept");
const rejected = vectors.filter(({ expect: { verdict } }) => verdict === "reject");
const nameOf = ({ layer, name }: Vector): string => `${layer} ${name}`;

function judge(vector: Vector): Verdict {
  const { layer, bytes, headers } = vector;
  if (layer === "cbor") return judgeCbor(bytes);
  if (layer === "cose") return judgeCoseVector(vector, nodeCrypto);
  return judgeSuit(bytes, recipientContext(headers.context));
}

test("npm run fixtures gives the committed files", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sumac-vectors-"));
  try {
    const build = path.join(root, "firmware-fixtures", "build.ts");
    const run = spawnSync(process.execPath, [build, "--only", "vectors", "--output", folder], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    const texts = (where: string): Record<string, string> => {
      const files = globSync("**/*.vector", { cwd: where }).sort();
      return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(where, file), "utf8")]));
    };
    expect(texts(path.join(folder, "vectors"))).toEqual(texts(vectorFolder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe("the whole set", () => {
  test("is large enough, and no input is there twice", () => {
    expect(rejected.length).toBeGreaterThanOrEqual(120);
    const seen = new Map<string, string>();
    for (const vector of rejected) {
      const input = `${vector.layer} ${vector.headers.context ?? ""} ${vector.headers.key ?? ""} ${bytesToHex(vector.bytes)}`;
      expect(seen.get(input), nameOf(vector)).toBeUndefined();
      seen.set(input, vector.name);
    }
  });

  test("has every reason of the CBOR reader, and every refused row of the profile", () => {
    const reasons = new Set(rejected.map(({ expect: wanted }) => ("reason" in wanted ? wanted.reason : undefined)));
    const ofCbor = ["truncated", "trailing-bytes", "non-shortest", "indefinite-length", "unsorted-keys"];
    ofCbor.push("duplicate-key", "float", "undefined", "simple-value", "reserved-information", "unexpected-break");
    ofCbor.push("tag-not-allowed", "invalid-utf8", "too-deep");
    expect(ofCbor.filter((reason) => !reasons.has(reason))).toEqual([]);
    const rows = new Set(rejected.map(({ headers }) => headers.row));
    expect(Array.from({ length: 20 }, (_, i) => `${i + 1}`).filter((row) => !rows.has(row))).toEqual([]);
  });

  test("uses every context, and threats that the threat model knows", () => {
    const used = new Set(
      vectors.flatMap(({ layer, headers }) => (layer === "suit" ? (headers.context ?? "basic") : [])),
    );
    expect([...used].sort()).toEqual([...contextNames].sort());
    const page = readFileSync(path.join(root, "docs", "threat-model.md"), "utf8");
    const threats = new Set(vectors.flatMap(({ headers }) => headers.threat ?? []));
    expect(threats.size).toBeGreaterThan(8);
    expect([...threats].filter((threat) => !page.includes(`| ${threat} |`))).toEqual([]);
  });
});

describe("a reject has its one failure and nothing else wrong", () => {
  const bases = new Map(accepted.map((vector) => [nameOf(vector), vector]));
  test.each(rejected.map((vector) => [nameOf(vector), vector] as const))("%s", (_name, vector) => {
    const base = bases.get(`${vector.layer} ${vector.headers.base}`);
    if (base === undefined) throw new Error(`no accept vector ${vector.headers.base}`);
    expect(judge(base).verdict).toBe("accept");
    const same = bytesToHex(base.bytes) === bytesToHex(vector.bytes);
    // Where the bytes are those of the base, the recipient is what differs.
    if (same) expect(vector.headers.context).not.toBe(base.headers.context);
  });
});

describe("a vector file that is not understood is an error, not a pass", () => {
  const [vector] = rejected;
  if (vector === undefined) throw new Error("no vectors");
  const text = formatVector(vector);
  test.each([
    ["no verdict", text.replace("reject", "refuse")],
    ["an unknown header", text.replace("\n\n", "\nnote: x\n\n")],
    ["a header twice", text.replace(/^(comment: .*)$/m, "$1\n$1")],
    ["headers in another order", text.replace(/^(base: .*\n)([\s\S]*?\n)\n/m, "$2$1\n")],
    ["no blank line", text.replace("\n\n", "\n")],
    ["odd hex digits", `${text.trimEnd()}0\n`],
    ["capital hex digits", `${text.trimEnd()}AA\n`],
    ["a line too long", `${text.trimEnd()}${"00".repeat(33)}\n`],
    ["no last line end", text.trimEnd()],
  ])("%s", (_name, changed) => {
    expect(changed).not.toBe(text);
    expect(() => parseVector(vector.layer, vector.name, changed)).toThrow();
  });

  test("and one that is understood comes back as it was", () => {
    for (const each of vectors) expect(parseVector(each.layer, each.name, formatVector(each))).toEqual(each);
  });
});

describe("the page that describes the files", () => {
  const page = readFileSync(path.join(vectorFolder, "README.md"), "utf8");
  const firstColumn = (...header: string[]): string[] =>
    tableRows(page, header).flatMap(([cell = ""]) => codeSpans(cell));

  test("lists every header and every context, in order", () => {
    expect(firstColumn("Header", "In", "Meaning")).toEqual(headerNames);
    expect(firstColumn("Context", "Differs in")).toEqual(contextNames);
  });

  test("names the recipient that the tests use", () => {
    const { recipient, installed, now } = recipientContext();
    const ids = [recipient.vendorIds, recipient.classIds, recipient.deviceIds ?? []].flatMap((set) =>
      set === "any" ? [] : set.map(bytesToHex),
    );
    expect(ids).toHaveLength(4);
    expect(ids.filter((id) => !page.includes(`\`${id}\``))).toEqual([]);
    const before = accepted.find(({ name }) => name === "installed-again");
    expect(before?.headers.digest).toBe(`sha-256 ${bytesToHex(installed.manifestDigest ?? new Uint8Array())}`);
    expect(before?.headers.sequence).toBe(String(installed.floor));
    expect(page).toContain(`| ${now} seconds since 1970 |`);
  });

  test("has trust records that a device would accept", () => {
    for (const name of contextNames)
      expect(checkTrustRecord(recipientContext(name).trust), name).toMatchObject({ ok: true });
  });

  test("begins with a vector as it is committed", () => {
    const [, example = ""] = /^```\n(expect: [\s\S]*?)```$/m.exec(page) ?? [];
    const same = vectors.find((vector) => formatVector(vector) === example);
    expect(same && nameOf(same)).toBe("cbor duplicate-integer-key");
  });
});
