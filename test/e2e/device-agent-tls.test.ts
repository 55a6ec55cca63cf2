import { chmodSync, writeFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Certificate, makeCertificate } from "../support/certificates.ts";
import { fixture } from "../support/example-product.ts";
import { type Ended, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const day = 86_400_000;
const past = { from: new Date(Date.now() - 2 * day), to: new Date(Date.now() - day) };
const future = { from: new Date(Date.now() + day), to: new Date(Date.now() + 2 * day) };

const authority = makeCertificate({ name: "TEST ONLY authority" });
const otherAuthority = makeCertificate({ name: "TEST ONLY other authority" });
const server = (more: { from?: Date; to?: Date } = {}): Certificate =>
  makeCertificate({ name: "TEST ONLY server", issuer: authority, use: "server", ...more });
const client = (issuer: Certificate, more: { from?: Date; to?: Date } = {}): Certificate =>
  makeCertificate({ name: "rtu-7", issuer, use: "client", ...more });

const open: https.Server[] = [];
afterAll(() => {
  for (const each of open) {
    each.closeAllConnections();
    each.close();
  }
});

/** Who asked, by the certificate that the server has checked. */
const asked: string[] = [];

async function serve(certificate: Certificate): Promise<string> {
  const options = { cert: certificate.cert, key: certificate.key, ca: authority.cert, requestCert: true };
  const listener = https.createServer(options, (request, response) => {
    asked.push(String((request.socket as TLSSocket).getPeerCertificate().subject?.CN));
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(request.method === "GET" ? '{"config":{"polling":{"sleep":"00:01:00"}},"_links":{}}' : "");
  });
  open.push(listener);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return `https://127.0.0.1:${(listener.address() as AddressInfo).port}`;
}

let device = 0;
interface Setup {
  readonly url: string;
  readonly trusts?: Certificate;
  /** `token`: it has no certificate. */
  readonly shows: Certificate | "token";
  readonly key?: string;
}

const place = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(path.join(folder, name), text, { mode });
  chmodSync(path.join(folder, name), mode);
  return name;
};

function configure({ url, trusts = authority, shows, key }: Setup, unit: string): string {
  device++;
  const access =
    shows === "token"
      ? `token: { file: ${place("device.token", "a-token-of-some-length\n")}, kind: target }`
      : `certificate: { file: ${place(`${device}.crt`, shows.cert)}, key: ${place(`${device}.key`, key ?? shows.key)} }`;
  const lines = [
    `server: ${url}`,
    "controllerId: rtu-7",
    access,
    `authority: ${place(`${device}.ca`, trusts.cert)}`,
    "profile: it",
    `platform: { kind: files, folder: ${unit}, components: [{ id: [firmware], maxSize: 256 KiB }] }`,
    "restart: { kind: operator }",
    "selfTest: not-tested",
  ];
  return place(`${device}.yaml`, `${lines.join("\n")}\n`);
}

const once = (setup: Setup): Promise<Ended> =>
  sumac(["device", "agent", "--config", configure(setup, "unit"), "--once"], { folder });

beforeAll(async () => {
  const keys = ["--test-only-key", fixture("keys", "vendor.test-only.private.pem")];
  const image = fixture("images", "rtu-demo-1.1.0.bin");
  const build = ["release", "build", image, "--config", fixture("sumac.yaml"), "--version", "1.1.0", "--sequence", "2"];
  expect(await sumac([...build, ...keys], { folder })).toMatchObject({ code: 0 });
  const config = configure({ url: "https://127.0.0.1:1", shows: client(authority) }, "unit");
  const product = ["--product", fixture("sumac.yaml"), "--trust", fixture("keys", "vendor.test-only.public.pem")];
  const factory = ["--factory", "rtu-demo-1.1.0.suit", "--serial", "SN-7", "--record", "SN-7.json"];
  const made = await sumac(["device", "provision", "--config", config, ...product, ...factory], { folder });
  expect(made).toMatchObject({ code: 0, stderr: "" });
});

describe("a device with a certificate of its own (CR 1.2, CR 1.8)", () => {
  test("CR 1.2: both sides show theirs, and the server knows who it is", async () => {
    const ended = await once({ url: await serve(server()), shows: client(authority) });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(new Set(asked)).toEqual(new Set(["rtu-7"]));
  });

  test("T-NET-ONPATH: nothing of the failures below was ever asked by a device", async () => {
    asked.length = 0;
    const url = await serve(server());
    // In TLS 1.3 a device is done before the server has looked at its certificate: some servers hang up then.
    const refusedByServer = /^error\[(tls-refused|link-lost)\]: .+\nhint: .+\n$/;
    const cases: readonly [string, Setup, RegExp?][] = [
      ["a server of another authority", { url, trusts: otherAuthority, shows: client(authority) }],
      ["a server whose certificate has ended", { url: await serve(server(past)), shows: client(authority) }],
      ["a server whose certificate is not valid yet", { url: await serve(server(future)), shows: client(authority) }],
      ["a device without a certificate", { url, shows: "token" }, refusedByServer],
      ["a device of another authority", { url, shows: client(otherAuthority) }, refusedByServer],
      ["a device whose certificate has ended", { url, shows: client(authority, past) }, refusedByServer],
    ];
    for (const [name, setup, said = /^error\[tls-refused\]: .+\nhint: .+\n$/] of cases) {
      const ended = await once(setup);
      expect({ name, code: ended.code }).toEqual({ name, code: 5 });
      expect(ended.stderr, name).toMatch(said);
    }
    expect(asked).toEqual([]);
  });

  test.each([
    [
      "a key of another certificate",
      (): Setup => ({ url: "https://127.0.0.1:1", shows: client(authority), key: client(authority).key }),
    ],
    [
      "a key that is none",
      (): Setup => ({ url: "https://127.0.0.1:1", shows: client(authority), key: "secret-words\n" }),
    ],
  ])("%s is found before anything is sent, and not shown", async (_name, setup) => {
    const ended = await once(setup());
    expect(ended.code).toBe(4);
    expect(ended.stderr).toMatch(/^error\[certificate-unusable\]: /);
    expect(ended.stderr).not.toContain("secret-words");
    expect(ended.stderr).not.toContain("PRIVATE KEY");
  });

  test.each([["nothing"], ["-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"]])(
    "authorities that cannot be read are no empty list: %j",
    async (text) => {
      const config = configure({ url: "https://127.0.0.1:1", shows: client(authority) }, "unit");
      place(`${device}.ca`, text);
      const ended = await sumac(["device", "agent", "--config", config, "--once"], { folder });
      expect(ended).toMatchObject({ code: 4 });
      expect(ended.stderr).toMatch(/^error\[certificate-unusable\]: /);
    },
  );

  test("a key that every user of the machine can read is refused by name", async () => {
    const config = configure({ url: "https://127.0.0.1:1", shows: client(authority) }, "unit");
    chmodSync(path.join(folder, `${device}.key`), 0o644);
    const ended = await sumac(["device", "agent", "--config", config, "--once"], { folder });
    expect(ended).toMatchObject({ code: 5 });
    expect(ended.stderr).toMatch(/^error\[secret-file-open\]: /);
  });
});
