import type { Crypto } from "@sumac/crypto";
import type * as Tuf from "@sumac/tuf";
import { describe, expect, test } from "vitest";
import { start, TestRepository } from "../support/tuf-repository.ts";
import { buildBareModule, loadBareModule } from "./bare-module.ts";

const { code } = await buildBareModule(`
  export { driveInMemory, findTarget, refresh, sumacPolicy } from "@sumac/tuf";
  export { nobleCrypto as crypto } from "@sumac/crypto/noble";`);
const page = loadBareModule(code) as typeof Tuf & { readonly crypto: Crypto };

/** Refresh and look-up, by the code of the page alone. */
function ask(repository: TestRepository, stored: Map<string, Uint8Array>, path: string): unknown {
  const drive = <T>(steps: Parameters<typeof Tuf.driveInMemory<T>>[0]): T =>
    page.driveInMemory(
      steps,
      stored,
      (name) => repository.served.get(name) ?? "absent",
      () => undefined,
    );
  const refreshed = drive(
    page.refresh({
      crypto: page.crypto,
      policy: page.sumacPolicy,
      factoryRoot: repository.firstRoot,
      buildTime: start - 86_400n,
      clock: { seconds: start, source: "trusted" },
    }),
  );
  return refreshed.ok ? drive(page.findTarget(refreshed.value, path)) : refreshed;
}

describe.each(["ed25519", "p256"] as const)("a page without Node reads a repository of %s keys", (kind) => {
  test("and finds what is listed", () => {
    const repository = TestRepository.withLine(kind);
    expect(ask(repository, new Map(), "drives/dx9/1.1.0.suit")).toMatchObject({ ok: true });
  });

  test("and refuses what is not, what is older, and what nobody signed", () => {
    const repository = TestRepository.withLine(kind);
    const stored = new Map<string, Uint8Array>();
    const refused = (code: string): object => ({ ok: false, error: { code } });
    expect(ask(repository, stored, "drives/dx9/9.9.9.suit")).toMatchObject(refused("target-unknown"));
    const old = repository.served.get("timestamp.json") ?? new Uint8Array();
    repository.publishAll();
    expect(ask(repository, stored, "drives/dx9/1.1.0.suit")).toMatchObject({ ok: true });
    repository.served.set("timestamp.json", old);
    expect(ask(repository, stored, "drives/dx9/1.1.0.suit")).toMatchObject(refused("rollback"));
    const text = new TextDecoder().decode(old).replace(/"version":1/, '"version":9');
    repository.served.set("timestamp.json", new TextEncoder().encode(text));
    expect(ask(repository, stored, "drives/dx9/1.1.0.suit")).toMatchObject(refused("threshold-not-met"));
  });
});

test("the page imports nothing and names nothing of Node", () => {
  expect(code).not.toMatch(/\bimport\b\s*[("'{*]|\brequire\(|\bprocess\.|\bBuffer\b|node:/);
});
