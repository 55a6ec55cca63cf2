import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { keyId, parsePublicKeyPem } from "@sumac/cose";
import { bytesToHex, type PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { beforeAll, describe, expect, test } from "vitest";
import { type EvidenceSigner, sealEnvelope } from "../dsse.ts";
import type { EvidenceRecord } from "../evidence-record.ts";
import type { GateReport } from "../gate-report.ts";
import { exampleFolder, examplePicture } from "../outputs/example-product.test.support.ts";
import { buildDossier } from "./build-dossier.ts";
import { isConfidential } from "./collect-dossier.ts";
import type { DossierData, Edition } from "./dossier-data.ts";
import type { DossierFault } from "./dossier-fault.ts";
import { explainDossierFault } from "./dossier-fault.ts";
import { type DossierFolder, verifyDossier } from "./verify-dossier.ts";

type Files = Map<string, Uint8Array>;
const tool = { name: "sumac", version: "0.0.0" };

/** TEST ONLY: the release manager of the example. */
const pem = readFileSync(path.join(exampleFolder, "keys/rtu-p-rel.test-only.private.pem"), "utf8");
const privateKey = createPrivateKey(pem);
const parsedKey = parsePublicKeyPem(createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString());
if (!parsedKey.ok) throw new Error("no key");
const publicKey: PublicKey = parsedKey.value;
const signer: EvidenceSigner = {
  keyId: keyId(publicKey, nodeCrypto),
  sign: async (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
};

async function dossier(
  edition: Edition = "customer",
  signers: readonly EvidenceSigner[] = [signer],
  edits: Parameters<typeof examplePicture>[0] = {},
): Promise<Files> {
  const attachments = new Map([["csaf/note.json", new TextEncoder().encode("{}\n")]]);
  return new Map(await buildDossier(await examplePicture(edits), { edition, tool, signers, attachments }));
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const folderOf = (files: Files): DossierFolder => ({
  files: new Map([...files].map(([name, bytes]) => [name, { sha256: sha256(bytes), size: bytes.length }])),
  read: (name) => files.get(name),
});
const check = (
  files: Files,
  signers: readonly PublicKey[] = [],
  images: readonly { file: string; sha256: string }[] = [],
) => verifyDossier(folderOf(files), { crypto: nodeCrypto, signers, images });
const text = (files: Files, name: string): string => new TextDecoder().decode(files.get(name));

let signed: Files;
let unsigned: Files;
beforeAll(async () => {
  signed = await dossier();
  unsigned = await dossier("customer", []);
});

test("the same input gives the same bytes", async () => {
  expect(await dossier()).toEqual(signed);
});

test("a signed dossier verifies, with the key of the vendor and the image at hand", () => {
  const image = new Uint8Array(readFileSync(path.join(exampleFolder, "build/rtu-demo-1.2.0.bin")));
  const verdict = check(signed, [publicKey], [{ file: "rtu.bin", sha256: sha256(image) }]);
  expect(verdict).toMatchObject({
    ok: true,
    value: { product: "rtu-demo", verdict: "pass", keptBack: 1, signedBy: [bytesToHex(signer.keyId)], notBelieved: [] },
  });
});

test("an unsigned one verifies too and says that nobody signed it", () => {
  expect(check(unsigned)).toMatchObject({ ok: true, value: { signedBy: [] } });
  expect(check(unsigned, [publicKey])).toMatchObject({ ok: false, error: { code: "dossier-unsigned" } });
});

describe("every single file that is altered, signed or not, is named", () => {
  test.each(["signed", "unsigned"] as const)("%s", (which) => {
    const files = which === "signed" ? signed : unsigned;
    for (const [name, bytes] of files) {
      const changed = new Map(files);
      const other = bytes.slice();
      const at = Math.floor(other.length / 2);
      other[at] = (other[at] ?? 0) ^ 1;
      changed.set(name, other);
      const verdict = check(changed);
      expect(verdict.ok, name).toBe(false);
      if (!verdict.ok)
        expect([name, "dossier.json"], `${name}: ${JSON.stringify(verdict.error)}`).toContain(verdict.error.file);
    }
  });
});

test("every single file that is taken away is missed", () => {
  for (const name of signed.keys()) {
    const changed = new Map(signed);
    changed.delete(name);
    const verdict = check(changed);
    expect(verdict.ok, name).toBe(false);
    if (!verdict.ok) expect(verdict.error.file).toBe(name);
  }
});

interface Attack {
  readonly name: string;
  readonly code: DossierFault["code"];
  readonly file: string;
  readonly spoil: (files: Files) => void;
  readonly signers?: readonly PublicKey[];
}
const put = (files: Files, name: string, content: string): void => {
  files.set(name, new TextEncoder().encode(content));
};
/** Rewrites the list as a forger without a key would: all digests right. */
function forge(files: Files, change: (data: DossierData & { verdict: string }) => void): void {
  const data = JSON.parse(text(files, "dossier.json")) as DossierData & { verdict: string };
  change(data);
  put(files, "dossier.json", `${JSON.stringify(data, null, 2)}\n`);
}

/** A dossier without signature whose file is another, with list and lines made right for it. */
function replaced(name: string, content: string): Files {
  const files = new Map(unsigned);
  const digest = (of: string): string => sha256(files.get(of) ?? new Uint8Array());
  const [before, listBefore] = [digest(name), digest("dossier.json")];
  put(files, name, content);
  const size = files.get(name)?.length ?? 0;
  const data = JSON.parse(text(files, "dossier.json").replaceAll(before, digest(name))) as DossierData;
  const listed = data.files.map((file) => (file.path === name ? { ...file, size } : file));
  put(files, "dossier.json", `${JSON.stringify({ ...data, files: listed }, null, 2)}\n`);
  const lines = text(files, "verify.txt").replaceAll(before, digest(name));
  put(files, "verify.txt", lines.replace(listBefore, digest("dossier.json")));
  return files;
}

const attacks: readonly Attack[] = [
  {
    name: "a file is added",
    code: "dossier-file-unknown",
    file: "evidence/extra.dsse.json",
    spoil: (files) => put(files, "evidence/extra.dsse.json", "{}"),
  },
  {
    name: "the verdict of the list is changed",
    code: "dossier-file-altered",
    file: "dossier.json",
    spoil: (files) =>
      forge(files, (data) => {
        data.verdict = "waived";
      }),
  },
  {
    name: "signatures are taken away",
    code: "dossier-unsigned",
    file: "dossier.dsse.json",
    spoil: (files) => void files.delete("dossier.dsse.json"),
  },
  {
    name: "the signature is of another list",
    code: "dossier-file-altered",
    file: "dossier.json",
    spoil: (files) => put(files, "dossier.json", `${text(files, "dossier.json").trimEnd()}\n\n`),
  },
  {
    name: "the list is not JSON",
    code: "dossier-malformed",
    file: "dossier.json",
    spoil: (files) => put(files, "dossier.json", "{"),
  },
  {
    name: "the list lacks its evidence",
    code: "dossier-malformed",
    file: "dossier.json",
    spoil: (files) =>
      forge(files, (data) => {
        delete (data as { evidence?: unknown }).evidence;
      }),
  },
  {
    name: "the list is of another format",
    code: "dossier-malformed",
    file: "dossier.json",
    spoil: (files) =>
      forge(files, (data) => {
        (data as { format: string }).format = "other/1";
      }),
  },
  {
    name: "the signature is rubbish",
    code: "dossier-malformed",
    file: "dossier.dsse.json",
    spoil: (files) => put(files, "dossier.dsse.json", "[]"),
  },
  {
    name: "the list of lines is another",
    code: "dossier-file-altered",
    file: "verify.txt",
    spoil: (files) => put(files, "verify.txt", `${text(files, "verify.txt")}x`),
  },
];

describe("what a forger tries", () => {
  test.each(attacks)("$name", ({ code, file, spoil, signers }) => {
    const files = new Map(signed);
    spoil(files);
    const verdict = check(files, signers);
    expect(verdict).toMatchObject({ ok: false, error: { code, file } });
    if (!verdict.ok) expect(explainDossierFault(verdict.error).problem).toContain(file);
  });

  test("a whole forgery, signed by another key, is refused once the reader names the vendor's", async () => {
    const other = createPrivateKey(
      readFileSync(path.join(exampleFolder, "keys/rtu-p-dev.test-only.private.pem"), "utf8"),
    );
    const parsed = parsePublicKeyPem(createPublicKey(other).export({ type: "spki", format: "pem" }).toString());
    if (!parsed.ok) throw new Error("no key");
    const files = await dossier("customer", [
      { keyId: keyId(parsed.value, nodeCrypto), sign: async (bytes) => new Uint8Array(sign(null, bytes, other)) },
    ]);
    expect(check(files).ok).toBe(true);
    expect(check(files, [publicKey])).toMatchObject({ ok: false, error: { code: "dossier-signer" } });
  });

  test("a record whose signature was swapped, with all digests made right, is refused", () => {
    const name = "evidence/build.dsse.json";
    const envelope = JSON.parse(text(unsigned, name)) as { signatures: { sig: string }[] };
    const another = JSON.parse(text(unsigned, "evidence/keys.dsse.json")) as { signatures: { sig: string }[] };
    if (envelope.signatures[0] === undefined) throw new Error("unsigned");
    envelope.signatures[0].sig = another.signatures[0]?.sig ?? "";
    const files = replaced(name, JSON.stringify(envelope));
    expect(check(files)).toMatchObject({ ok: false, error: { code: "dossier-signature", file: name } });
  });

  const noText = { toString: 1 };
  test.each<[string, (report: GateReport) => object, DossierFault["code"]]>([
    ["rows that are no list", () => ({ rows: 5 }), "dossier-malformed"],
    ["a row that is none", () => ({ rows: [null] }), "dossier-malformed"],
    ["a state that is no text", ({ rows }) => ({ rows: [{ ...rows[0], state: noText }] }), "dossier-malformed"],
    ["a verdict that is no text", () => ({ verdict: noText }), "dossier-malformed"],
    ["a release that is no text", () => ({ release: noText }), "dossier-malformed"],
    ["images that are no list", () => ({ images: "x" }), "dossier-malformed"],
    ["levels that are none", () => ({ slC: {} }), "dossier-malformed"],
    ["half a character", () => ({ version: "\ud800" }), "dossier-malformed"],
    ["no rows", () => ({ rows: [] }), "dossier-contradiction"],
    ["a red row", ({ rows }) => ({ rows: [...rows, { ...rows[0], state: "fail" }] }), "dossier-contradiction"],
    ["another verdict", () => ({ verdict: "fail" }), "dossier-contradiction"],
    ["another release", () => ({ release: "r-1.1.0" }), "dossier-contradiction"],
    ["another product", () => ({ product: "other" }), "dossier-contradiction"],
    ["other images", () => ({ images: [] }), "dossier-contradiction"],
    [
      "lower levels",
      ({ slC }) => ({ slC: { ...slC, integrated: { ...slC.integrated, IAC: 0 } } }),
      "dossier-contradiction",
    ],
  ])("a gate report with %s, with all digests made right, is refused", (_, change, code) => {
    const report = JSON.parse(text(unsigned, "gate-report.json")) as GateReport;
    const files = replaced("gate-report.json", JSON.stringify({ ...report, ...change(report) }));
    expect(check(files)).toMatchObject({ ok: false, error: { code, file: "gate-report.json" } });
  });

  test("a report that nests too deeply to be compared, and a signed one that is nothing", async () => {
    const deep = text(unsigned, "gate-report.json").replace("{", `{"x":${"[".repeat(100_000)}${"]".repeat(100_000)},`);
    expect(check(replaced("gate-report.json", deep))).toMatchObject({ error: { code: "dossier-malformed" } });
    const files = new Map(signed);
    files.set("dossier.dsse.json", await sealEnvelope(null, [signer]));
    expect(check(files)).toMatchObject({ error: { code: "dossier-file-altered", file: "dossier.json" } });
  });

  test("another image than those of the release", () => {
    expect(check(signed, [], [{ file: "old.bin", sha256: "0".repeat(64) }])).toMatchObject({
      ok: false,
      error: { code: "dossier-image", file: "old.bin" },
    });
  });
});

describe("the page", () => {
  test("one file that loads nothing and runs nothing", () => {
    const page = text(signed, "index.html");
    expect(page).not.toMatch(/<script|<iframe|<object|<link|<img|javascript:|\son[a-z]+=|style="|@import|url\(/i);
    expect(page).toContain("default-src 'none'");
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    expect(page).toContain(`sha256-${createHash("sha256").update(style).digest("base64")}`);
    expect([...page.matchAll(/href="([^"]*)"/g)].every(([, to]) => to?.startsWith("#"))).toBe(true);
  });

  test("the first page has verdict, chart and table before the 47 rows, and every tag is closed", () => {
    const page = text(signed, "index.html");
    const order = [
      "release gate: pass",
      "<svg",
      "SL-C per foundational requirement</caption>",
      'id="practices"',
      'id="component"',
      'id="threats"',
      'id="update"',
      'id="issues"',
      'id="cra"',
      'id="keys"',
    ];
    const places = order.map((mark) => page.indexOf(mark));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    for (const tag of ["table", "tr", "td", "section", "svg", "p", "dl", "h2", "span"])
      expect(page.split(`</${tag}>`).length, tag).toBe(page.split(new RegExp(`<${tag}[ >]`)).length);
    expect(page).not.toContain("undefined");
    expect(page).not.toMatch(/SL-A/);
  });

  test("all 47 practice rows and every row of the component type are there", () => {
    const data = JSON.parse(text(signed, "dossier.json")) as DossierData;
    expect(data.practiceRows).toHaveLength(47);
    expect(data.componentRows).toHaveLength(83);
  });

  test("what is red stands first, with its rule and remedy", async () => {
    const files = await dossier("internal", [], {
      "product.yaml": (given) => given.replace("2033-12-31", "2024-12-31"),
    });
    const page = text(files, "index.html");
    expect(page).toContain("release gate: fail");
    expect(page).toContain("the gate failed: no level is claimed");
    expect(page).not.toContain("capability in the configuration described in");
    expect(page.indexOf("G7-support-end")).toBeGreaterThan(0);
    expect(page.indexOf("G7-support-end")).toBeLessThan(page.indexOf("<svg"));
    expect(check(files)).toMatchObject({ ok: true, value: { verdict: "fail" } });
  });
});

describe("hostile names stay text", () => {
  const hostile = [
    `<script>alert(1)</script>`,
    `"><img src=x onerror=alert(1)>`,
    `</td></tr></table><h1>pass</h1>`,
    `' onmouseover='x`,
    "</title><style>*{}</style>",
    "&lt;b&gt;",
    "\u202egnp.exe",
  ];
  test.each(hostile)("%j", async (name) => {
    const quoted = JSON.stringify(name);
    const page = text(
      await dossier("internal", [], {
        "product.yaml": (given) => given.replace("name: Example remote terminal unit", `name: ${quoted}`),
        [["threats/T", "SPOOF.yaml"].join("-")]: (given) => given.replace(/^title: .*$/m, `title: ${quoted}`),
        "issues/RTU-1.yaml": (given) => given.replace(/^title: .*$/m, `title: ${quoted}`),
        "updates/u-1.2.0/update-doc.yaml": (given) => given.replace(/^removal: .*$/m, `removal: ${quoted}`),
      }),
      "index.html",
    );
    expect(page).not.toContain(name);
    expect(page).not.toMatch(/<script|<img|<h1>pass|\sonmouseover='|\sonerror=alert\(1\)>/i);
    expect(page.split("<style>")).toHaveLength(2);
  });
});

describe("the customer edition keeps back what helps an attacker", () => {
  test("the penetration test by digest and summary, open issues without their title", async () => {
    const internal = await dossier("internal");
    expect(signed.has("evidence/penetration-test.dsse.json")).toBe(false);
    expect(internal.has("evidence/penetration-test.dsse.json")).toBe(true);
    const data = JSON.parse(text(signed, "dossier.json")) as DossierData;
    const kept = data.evidence.find(({ id }) => id === "penetration-test");
    expect(kept?.file).toBeUndefined();
    expect(kept?.sha256).toBe(sha256(internal.get("evidence/penetration-test.dsse.json") ?? new Uint8Array()));
    for (const [name, bytes] of signed)
      expect(new TextDecoder().decode(bytes), name).not.toContain("the service page names the exact build");
    expect(text(internal, "dossier.json")).toContain("the service page names the exact build");
  });
});

describe("a record is confidential", () => {
  test.each([
    ["of a penetration test, whatever it found", ["SVV-4"], undefined, true],
    ["that names findings, of whichever row", ["SVV-1"], ["f-1"], true],
    ["otherwise not", ["SVV-1"], [], false],
  ] as const)("%s", async (_, rows, findings, expected) => {
    const [first] = (await examplePicture()).records;
    if (first === undefined) throw new Error("no record");
    const result = { ...first.evidence.result, findings };
    const record = { ...first, evidence: { ...first.evidence, rows, result } };
    expect(isConfidential(record as unknown as EvidenceRecord)).toBe(expected);
  });
});

test("a dossier of 2,000 records is made in less than five seconds", async () => {
  const picture = await examplePicture();
  const [first] = picture.records;
  if (first === undefined) throw new Error("no record");
  const many = Array.from({ length: 2000 }, (_, at) => ({
    ...first,
    file: `.sdl/evidence/r-${at}.dsse.json`,
    evidence: { ...first.evidence, id: `r-${at}` },
  }));
  const evidence = new Map(
    many.map(({ file }) => [file.slice(5), picture.model.evidence.get("evidence/build.dsse.json") ?? new Uint8Array()]),
  );
  const from = performance.now();
  const files = await buildDossier(
    { ...picture, records: many, model: { ...picture.model, evidence } },
    { edition: "internal", tool, signers: [], attachments: new Map() },
  );
  expect(performance.now() - from).toBeLessThan(5000);
  expect(files.size).toBeGreaterThan(2000);
});
