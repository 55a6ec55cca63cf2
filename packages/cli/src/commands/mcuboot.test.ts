import { createPrivateKey, createPublicKey } from "node:crypto";
import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  emptyFolder,
  filesIn,
  fixture,
  type Said,
  sumac,
  testKey,
  testPublicKey,
  twoLines,
} from "../sumac.test.support.ts";

const vendor = ["--key", testPublicKey("vendor")];
const binary = fixture("images", "rtu-demo-1.1.0.bin");
const geometry = ["--header-size", "512", "--slot-size", "0x80000"];

interface Signed {
  readonly image: string;
  readonly version: string;
  readonly size: number;
  readonly hash: string;
  readonly keyId: string;
}

/** Signs the binary as version 1.2.3+4 with counter 5, unless these words say otherwise. */
function sign(out: string, words: readonly string[] = [], holder = "vendor"): Promise<Said> {
  const usual = ["--version", "1.2.3+4", "--security-counter", "5", ...geometry].filter((word, i, all) => {
    const option = word.startsWith("--") ? word : all[i - 1];
    return option === undefined || !words.includes(option);
  });
  const line = ["mcuboot", "sign", binary, "--out", out, "--test-only-key", testKey(holder)];
  return sumac([...line, ...usual, ...words, "--json"]);
}

async function signed(words: readonly string[] = [], holder = "vendor"): Promise<Signed> {
  const said = await sign(path.join(emptyFolder(), "app.signed.bin"), words, holder);
  if (said.code !== 0) throw new Error(said.stderr);
  return said.json() as Signed;
}

async function withoutCounter(): Promise<string> {
  const out = path.join(emptyFolder(), "app.bin");
  const line = ["mcuboot", "sign", binary, "--out", out, "--version", "1.0.0", "--test-only-key", testKey("vendor")];
  expect((await sumac([...line, ...geometry])).code).toBe(0);
  return out;
}

const verify = (file: string, ...words: readonly string[]): Promise<Said> =>
  sumac(["mcuboot", "verify", file, ...words, "--json"]);

function written(name: string, bytes: Uint8Array): string {
  const file = path.join(emptyFolder(), name);
  writeFileSync(file, bytes);
  return file;
}

function altered(file: string, offset: number): string {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  return written("altered.bin", bytes);
}

let image: Signed;
let plain: Signed;
beforeAll(async () => {
  image = await signed();
  plain = await signed(["--security-counter", "0", "--version", "9.8.7"]);
});

describe("an image that is accepted", () => {
  test("prints exactly the agreed object, exit code 0, nothing on stderr", async () => {
    const said = await verify(image.image, ...vendor);
    expect(said).toMatchObject({ code: 0, stderr: "" });
    expect(said.json()).toEqual({
      verdict: "accepted",
      version: "1.2.3+4",
      securityCounter: 5,
      hash: image.hash,
      hashAlgorithm: "sha-256",
      signature: "digest",
      keyHashes: [expect.stringMatching(/^[0-9a-f]{64}$/)],
    });
  });

  test("without a counter has no member for it", async () => {
    const without = await withoutCounter();
    const said = (await verify(without, ...vendor)).json();
    expect(said).not.toHaveProperty("securityCounter");
    expect(said).toMatchObject({
      verdict: "accepted",
      version: "1.0.0+0",
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test.each([
    ["a counter that is the device's own", ["--stored-counter", "5"]],
    ["one above it", ["--stored-counter", "4"]],
    ["a size that is the image's", ["--max-size", "SIZE"]],
    ["another key besides", ["--key", testPublicKey("owner")]],
  ])("%s", async (_, words) => {
    const said = await verify(image.image, ...vendor, ...words.map((word) => word.replace("SIZE", String(image.size))));
    expect(said.code).toBe(0);
  });

  test.each([
    ["the image itself, with SHA-512", ["--kind", "pure"], "vendor", { signature: "pure", hashAlgorithm: "sha-512" }],
    ["a SHA-512 digest", ["--digest", "sha-512"], "vendor", { signature: "digest", hashAlgorithm: "sha-512" }],
    ["with ECDSA P-256", [], "owner-p256", { signature: "digest", hashAlgorithm: "sha-256" }],
    ["an automatic counter", ["--security-counter", "auto"], "vendor", { securityCounter: 16_908_291 }],
    ["an image that fills its slot", ["--pad", "confirm"], "vendor", { version: "1.2.3+4" }],
  ])("%s", async (_, words, holder, facts) => {
    const made = await signed(words, holder);
    const said = await verify(made.image, "--key", testPublicKey(holder));
    expect(said.json()).toMatchObject({ verdict: "accepted", hash: made.hash, ...facts });
    expect(said.code).toBe(0);
  });

  test("from standard input, and in words for people", async () => {
    const said = await sumac(["mcuboot", "verify", "-", ...vendor], { stdin: readFileSync(image.image) });
    expect(said.stdout).toMatch(
      /^accepted: version 1\.2\.3\+4, .*\n {2}hash sha-256:[0-9a-f]{64}\n {2}security counter 5\n/,
    );
    expect(said.code).toBe(0);
  });
});

describe("an image that is not", () => {
  const huge = (): string => {
    const file = written("huge.bin", new Uint8Array(0));
    truncateSync(file, 2 ** 33);
    return file;
  };
  const appended = (): string => written("longer.bin", Buffer.concat([readFileSync(image.image), Buffer.of(1, 2, 3)]));
  const cut = (): string => written("short.bin", readFileSync(image.image).subarray(0, -1));
  test.each([
    ["a byte of the payload changed", "digest-mismatch", 3, () => [altered(image.image, 700), ...vendor]],
    ["a byte of the version changed", "digest-mismatch", 3, () => [altered(image.image, 20), ...vendor]],
    [
      "a byte of the signature changed",
      "signature-invalid",
      3,
      () => [altered(image.image, image.size - 1), ...vendor],
    ],
    ["a stranger's signature", "signer-unknown", 3, () => [image.image, "--key", testPublicKey("foreign")]],
    ["a lower counter than the device's", "rollback", 3, () => [image.image, ...vendor, "--stored-counter", "6"]],
    ["more than the device has room for", "image-too-large", 3, () => [image.image, ...vendor, "--max-size", "100"]],
    ["a file of 8 GiB", "too-large", 3, () => [huge(), ...vendor]],
    ["the binary that was never signed", "malformed-image", 4, () => [binary, ...vendor]],
    ["an image cut short", "malformed-image", 4, () => [cut(), ...vendor]],
    ["an image with something behind it", "malformed-image", 4, () => [appended(), ...vendor]],
    ["nothing at all", "malformed-image", 4, () => [written("empty.bin", new Uint8Array(0)), ...vendor]],
  ])("%s: refused with its code", async (_, code, exit, line) => {
    const [file = "", ...words] = line();
    const said = await verify(file, ...words);
    expect(said.code).toBe(exit);
    expect(said.json()).toMatchObject({ verdict: "refused", code });
    expect(Object.keys(said.json() as object)).toEqual(expect.arrayContaining(["version", "hash"]));
    expect(said.stderr).toMatch(twoLines(code));
  });

  test("tells what it claims to be, and the digest that it has", async () => {
    const rolledBack = (await verify(image.image, ...vendor, "--stored-counter", "6")).json();
    expect(rolledBack).toEqual({
      verdict: "refused",
      code: "rollback",
      offered: 5,
      floor: 6,
      version: "1.2.3+4",
      securityCounter: 5,
      hash: image.hash,
    });
    const broken = (await verify(binary, ...vendor)).json();
    expect(broken).toEqual({
      verdict: "refused",
      code: "malformed-image",
      reason: "wrong-magic",
      field: "header",
      offset: 0,
      version: null,
      hash: null,
    });
  });

  test("for want of a counter where the device demands one", async () => {
    expect((await verify(plain.image, ...vendor, "--stored-counter", "0")).code).toBe(0);
    const without = await withoutCounter();
    const said = await verify(without, ...vendor, "--stored-counter", "0");
    expect([said.code, (said.json() as { code: string }).code]).toEqual([3, "security-counter-missing"]);
  });
});

describe("a line that is wrong is exit code 2", () => {
  test.each([
    ["no key to verify with", ["mcuboot", "verify", "FILE"], "missing-option"],
    ["a counter that is no number", ["mcuboot", "verify", "FILE", ...vendor, "--stored-counter", "many"], "bad-value"],
    ["a size of nothing", ["mcuboot", "verify", "FILE", ...vendor, "--max-size", "0"], "bad-value"],
    ["an option that is none", ["mcuboot", "verify", "FILE", ...vendor, "--force"], "unknown-option"],
    ["no file", ["mcuboot", "verify", ...vendor], "missing-argument"],
    ["nothing to inspect", ["mcuboot", "inspect"], "missing-argument"],
  ])("%s", async (_, words, code) => {
    const said = await sumac(words.map((word) => (word === "FILE" ? image.image : word)));
    expect(said.code).toBe(2);
    expect(said.stderr).toMatch(twoLines(code));
    expect(said.stdout).toBe("");
  });
});

test("a file that is not there is exit code 5", async () => {
  expect((await verify("nowhere.bin", ...vendor)).code).toBe(5);
});

describe("signing", () => {
  test("gives the same bytes for the same input, with Ed25519", async () => {
    expect(readFileSync((await signed()).image).equals(readFileSync(image.image))).toBe(true);
  });

  test("says what it made", async () => {
    const out = path.join(emptyFolder(), "app.signed.bin");
    const said = await sign(out);
    expect(said.json()).toEqual({
      image: out,
      version: "1.2.3+4",
      size: readFileSync(out).length,
      hash: image.hash,
      keyId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(said.stderr).toContain("warning[test-key]");
  });

  test("carries dependencies, flags and the address of its code", async () => {
    const words = ["--dependency", "1:1.2.3", "--dependency", "2:4.0.0+9", "--load-address", "0x20000000"];
    const { image: file } = await signed(words);
    expect((await sumac(["mcuboot", "inspect", file, "--json"])).json()).toMatchObject({
      dependencies: [
        { image: 1, minVersion: "1.2.3+0" },
        { image: 2, minVersion: "4.0.0+9" },
      ],
      header: { loadAddress: 0x20000000, flags: ["ram-load"] },
    });
  });

  test("a load address of 0 is none, as for MCUboot's own tool", async () => {
    const { image: file } = await signed(["--load-address", "0"]);
    expect((await sumac(["mcuboot", "inspect", file, "--json"])).json()).toMatchObject({
      header: { loadAddress: 0, flags: [] },
    });
  });

  test.each([
    ["a version that is none", ["--version", "1.2"], "bad-value"],
    ["a version too large", ["--version", "256.0.0"], "bad-value"],
    ["a counter too large", ["--security-counter", "4294967296"], "number-out-of-range"],
    ["a header too small", ["--header-size", "16"], "number-out-of-range"],
    ["a dependency without a version", ["--dependency", "1"], "bad-value"],
    ["a kind that is none", ["--kind", "double"], "bad-value"],
    ["an alignment that is none", ["--align", "3"], "bad-value"],
    ["two keys", ["--test-only-key", testKey("owner")], "bad-value"],
    ["room for a header that is in use", ["--header-reserved"], "header-space-used"],
  ])("%s is refused, exit code 2, and nothing is written", async (_, words, code) => {
    const folder = emptyFolder();
    const said = await sign(path.join(folder, "app.signed.bin"), words);
    expect(said.code).toBe(2);
    expect(said.stderr).toContain(`error[${code}]`);
    expect(filesIn(folder)).toEqual([]);
  });

  test.each([
    ["an image that is signed already", () => image.image, "already-an-image"],
    ["nothing", () => written("empty.bin", new Uint8Array(0)), "payload-empty"],
    ["what does not fit its slot", () => written("large.bin", new Uint8Array(523_000).fill(1)), "image-too-large"],
  ])("%s is refused", async (_, input, code) => {
    const folder = emptyFolder();
    const line = ["mcuboot", "sign", input(), "--out", path.join(folder, "x.bin"), "--version", "1.0.0"];
    const said = await sumac([...line, ...geometry, "--test-only-key", testKey("vendor")]);
    expect(said.code).toBe(2);
    expect(said.stderr).toContain(`error[${code}]`);
    expect(filesIn(folder)).toEqual([]);
  });

  test("never overwrites unless it is told to", async () => {
    const out = written("there.bin", Uint8Array.of(1));
    expect((await sign(out)).code).toBe(2);
    expect(readFileSync(out)).toEqual(Buffer.of(1));
    expect((await sign(out, ["--replace"])).code).toBe(0);
    expect(readFileSync(out).equals(readFileSync(image.image))).toBe(true);
  });
});

describe("inspecting", () => {
  test("believes nothing and shows everything", async () => {
    const said = await sumac(["mcuboot", "inspect", altered(image.image, 700), "--json"]);
    expect(said.code).toBe(0);
    expect(said.json()).toMatchObject({
      version: "1.2.3+4",
      securityCounter: 5,
      dependencies: [],
      header: { headerSize: 512, flags: [] },
      length: image.size,
      tlvs: [
        { area: "protected", name: "security-counter", value: "05000000" },
        { area: "unprotected", name: "sha256", value: image.hash },
        { area: "unprotected", name: "keyhash" },
        { area: "unprotected", name: "ed25519" },
      ],
    });
  });

  test("in words for people", async () => {
    const { image: file } = await signed(["--pad", "test"]);
    const said = await sumac(["mcuboot", "inspect", file]);
    expect(said.stdout).toMatch(/^version {11}1\.2\.3\+4\nsecurity counter {2}5\n/);
    expect(said.stdout).toContain("to be tried once");
  });

  test("what is no image is exit code 4, with the place", async () => {
    const said = await sumac(["mcuboot", "inspect", binary, "--json"]);
    expect(said.code).toBe(4);
    expect(said.json()).toEqual({ code: "malformed-image", reason: "wrong-magic", field: "header", offset: 0 });
    expect(said.stderr).toMatch(twoLines("malformed-image"));
  });
});

const reference = path.join(import.meta.dirname, "../../../../../shared/vectors/mcuboot");
const present = existsSync(path.join(reference, "INDEX.json"));
if (!present) console.warn(`images of the reference tool are not tested: ${reference} is not there`);

describe.skipIf(!present)("images of the reference tool", () => {
  const index: {
    keys: Record<string, { public_spki_der_hex: string; seed_hex_published_test_key: string }>;
    images: {
      file: string;
      version: string;
      security_counter: number | null;
      recomputed_sha256: string;
      expected: Record<string, string>;
    }[];
  } = present ? JSON.parse(readFileSync(path.join(reference, "INDEX.json"), "utf8")) : { keys: {}, images: [] };
  const codes: Record<string, string | undefined> = {
    accept: undefined,
    "reject: signed by another key": "signer-unknown",
    "reject: hash mismatch": "digest-mismatch",
  };
  const publicKeyFile = (name: string): string => {
    const der = Buffer.from(index.keys[name]?.public_spki_der_hex ?? "", "hex");
    const pem = createPublicKey({ key: der, format: "der", type: "spki" }).export({ format: "pem", type: "spki" });
    return written("reference.pub.pem", Buffer.from(pem));
  };
  const rows = index.images.flatMap(({ expected, ...each }) =>
    Object.entries(expected).map(([key, verdict]) => ({ ...each, key, verdict })),
  );

  test.each(rows)(
    "$file with $key: $verdict",
    async ({ file, key, verdict, version, security_counter, recomputed_sha256 }) => {
      const said = await verify(path.join(reference, file), "--key", publicKeyFile(key));
      const code = codes[verdict];
      expect(said.code).toBe(code === undefined ? 0 : 3);
      expect(said.json()).toMatchObject({
        verdict: code === undefined ? "accepted" : "refused",
        ...(code === undefined ? {} : { code }),
        version,
        ...(security_counter === null ? {} : { securityCounter: security_counter }),
        hash: recomputed_sha256,
      });
    },
  );

  test("are made again from their parts, byte for byte", async () => {
    const seed = index.keys["root-ed25519"]?.seed_hex_published_test_key ?? "";
    const pkcs8 = Buffer.from(`302e020100300506032b657004220420${seed}`, "hex");
    const pem = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ format: "pem", type: "pkcs8" });
    const key = written("reference.test-only.pem", Buffer.from(pem));
    const made = [
      ["app_v1.bin", "ed25519_v1.0.0.bin", ["--version", "1.0.0"]],
      ["app_v2.bin", "ed25519_v2.0.0_sec5.bin", ["--version", "2.0.0+7", "--security-counter", "5"]],
      [
        "app_v2.bin",
        "ed25519_v2.2.0_sec6_padconfirm.bin",
        ["--version", "2.2.0", "--security-counter", "6", "--pad", "confirm"],
      ],
      [
        "app_v3.bin",
        "ed25519_v3.0.0_secauto_dep.bin",
        ["--version", "3.0.0", "--security-counter", "auto", "--dependency", "1:1.2.3"],
      ],
    ] as const;
    for (const [payload, file, words] of made) {
      const out = path.join(emptyFolder(), file);
      const line = ["mcuboot", "sign", path.join(reference, payload), "--out", out, "--test-only-key", key];
      const said = await sumac([...line, ...geometry, ...words]);
      expect([file, said.code, said.stderr.includes("error")]).toEqual([file, 0, false]);
      expect(readFileSync(out).equals(readFileSync(path.join(reference, file))), file).toBe(true);
    }
  });
});
