import { readFileSync } from "node:fs";
import path from "node:path";
import { schemeForms } from "@sumac/crypto";
import { defaultTimeRules, maxTrustRecordBytes } from "@sumac/device";
import { checkTrustRecord, type Role, type TrustPart, trustComponents } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/trust.md");
const source = (file: string): string => readFileSync(path.join(root, "packages", file), "utf8");

function quotedIn(text: string, start: string, end: string, word: RegExp): string[] {
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`no ${start}`);
  return Array.from(text.slice(from, to).matchAll(word), ([, quoted = ""]) => quoted);
}

const column = (header: readonly string[], index: number): string[] =>
  tableRows(page, header).flatMap((row) => codeSpans(row[index] ?? ""));

describe("the page and the code agree", () => {
  test.each([
    ["profileLabel", ["Number", "Profile", "Keys that count"]],
    ["purposeLabel", ["Number", "Purpose", "Decides"]],
    ["schemeLabel", ["Number", "Scheme", "Bytes of a key"]],
  ] as const)("numbers of %s", (table, header) => {
    const written = source("verifier/src/trust-record.ts");
    const from = written.indexOf(`const ${table}`);
    const body = written.slice(written.indexOf("{", written.indexOf("=", from)), written.indexOf("}", from));
    const inCode = Array.from(body.matchAll(/"?([a-z0-9-]+)"?: (\d+)/g), ([, name, number]) => `${number} ${name}`);
    expect(inCode.length).toBeGreaterThan(2);
    expect(tableRows(page, header).map(([number, name = ""]) => `${number} ${codeSpans(name)[0]}`)).toEqual(inCode);
  });

  test("bytes of keys", () => {
    const listed = tableRows(page, ["Number", "Scheme", "Bytes of a key"]).map(([, name = "", bytes]) => [
      codeSpans(name)[0],
      Number(bytes),
    ]);
    expect(Object.fromEntries(listed)).toEqual(
      Object.fromEntries(Object.entries(schemeForms).map(([scheme, { keyLength }]) => [scheme, keyLength])),
    );
  });

  test("refusals of trust records", () => {
    const codes = quotedIn(
      source("verifier/src/trust-record.ts"),
      "export type TrustRecordRefusal",
      "};\n\nconst",
      /code: "([a-z-]+)"/g,
    );
    expect(codes.length).toBeGreaterThan(7);
    expect(column(["Trust record refused as", "Because"], 0).sort()).toEqual(["malformed", ...codes].sort());
  });

  test("refusals of trust updates", () => {
    const codes = quotedIn(
      source("device/src/trust/trust-update.ts"),
      "export type TrustUpdateRefusal",
      "};\n\nexport",
      /code: "([a-z-]+)"/g,
    );
    const listed = column(["#", "Then", "Refusal"], 2);
    // The one in the list that is no trust update's own is named as an example of section 2.
    expect(listed.filter((code) => code !== "rollback").sort()).toEqual([...codes, "trust-record-refused"].sort());
  });

  test("numbers in the text", () => {
    expect(page).toContain(`at most ${maxTrustRecordBytes.toLocaleString("en-US")} bytes`);
    expect(page).toContain(`by more than ${defaultTimeRules.tolerance / 60n} minutes`);
    expect(page).toContain(`by more than ${defaultTimeRules.maxForwardStep / 365n / 86_400n} years`);
    const names = (part: TrustPart) => trustComponents[part].map((segment) => new TextDecoder().decode(segment));
    for (const part of ["vendor", "owner"] as const) {
      expect(page).toContain(
        `\`[${names(part)
          .map((name) => `"${name}"`)
          .join(", ")}]\``,
      );
    }
  });
});

describe("what a part may have and needs", () => {
  const purposes = ["release", "approval", "root"] as const;
  const role = (purpose: Role["purpose"]): Role => ({
    name: purpose,
    purpose,
    threshold: 1,
    keys: [{ keyId: Uint8Array.of(1), key: { scheme: "ed25519", bytes: new Uint8Array(32) } }],
    components: "any",
  });
  const takes = (part: TrustPart, roles: readonly Role["purpose"][]): boolean =>
    checkTrustRecord({ roles: roles.map(role), legacyAlgorithms: [] }, part).ok;

  test.each(tableRows(page, ["Part", "Set by", "May have", "Needs", "Replaced by"]))("%s", (...row) => {
    const [part] = codeSpans(row[0] ?? "") as [TrustPart];
    const needs = codeSpans(row[3] ?? "") as Role["purpose"][];
    expect(codeSpans(row[2] ?? "")).toEqual(purposes.filter((one) => takes(part, [...new Set([...needs, one])])));
    expect(needs).toEqual(
      purposes.filter(
        (one) =>
          !takes(
            part,
            purposes.filter((other) => other !== one && (part === "vendor" || other !== "release")),
          ),
      ),
    );
  });
});
