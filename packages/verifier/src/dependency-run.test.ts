/** Dependencies as the machine sees them: what was fetched, checked and processed, without any envelope around. */
import { ok } from "@sumac/cbor";
import type { CommandBody, Dependency } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import type { CarriedDependency, VerifiedDependency } from "./carried-dependency.ts";
import { context, release } from "./dependencies.test.support.ts";
import { DependencyRun } from "./dependency-run.ts";
import { condition, digest, directive, ids, index, machine, recipient, sequence, set } from "./machine.test.support.ts";
import { updateSections } from "./sections.ts";
import { verifyEnvelope } from "./verify-envelope.ts";

/** The MCU's manifest, with an install section and a validate section. */
function mcu(): VerifiedDependency {
  const answer = verifyEnvelope(release(), context);
  const found = answer.ok ? answer.value.dependencies.get(1) : undefined;
  if (found === undefined) throw new Error("the gateway's release has a dependency");
  return { ...found, manifestDigest: digest };
}

/** The same without a section. */
function idle(): VerifiedDependency {
  const { manifest, members: _, ...rest } = mcu();
  const { validate: _validate, install: _install, ...without } = manifest;
  return { ...rest, manifest: without, members: {} };
}

const carried = (verified: VerifiedDependency, size = 100n): CarriedDependency => ({
  size,
  hasDigest: (claimed) => claimed === digest,
  verify: () => ok(verified),
});

const dependencies: readonly Dependency[] = [{ index: 1 }, { index: 2 }];
const fetched = (at: number): CommandBody[] => [
  index(at),
  set({ imageDigest: digest, uri: `#${at}` }),
  directive("fetch"),
  condition("dependency-integrity"),
];

function run(found: Readonly<Record<string, CarriedDependency>>, install: readonly CommandBody[]) {
  const held = new Map(Object.entries(found).map(([uri, one]) => [uri, ok(one)]));
  const dependencyRun = new DependencyRun((uri) => held.get(uri), recipient);
  const listed = dependencies.slice(0, held.size);
  const program = { components: ids.slice(0, 1), dependencies: listed, dependencyRun };
  return machine({ install: sequence(...install) }, program).runProcedure(updateSections);
}

describe("a section that a dependency has must run", () => {
  const process = directive("process-dependency");

  test("also that of the second, where the first has none", () => {
    const two = { "#1": carried(idle()), "#2": carried(mcu()) };
    const { install } = mcu().members;
    expect(run(two, [...fetched(1), ...fetched(2)])).toEqual({
      ok: false,
      error: {
        code: "command-failed",
        command: "process-dependency",
        offset: install?.offset,
        because: "dependency-passed-over",
      },
    });
    expect(run(two, [...fetched(1), process, ...fetched(2)])).toMatchObject({ ok: false });
  });

  test("and where neither has one, nothing has to", () => {
    const two = { "#1": carried(idle()), "#2": carried(idle()) };
    expect(run(two, [...fetched(1), ...fetched(2)])).toEqual({ ok: true, value: [] });
  });
});

test("process-dependency of what was never fetched, and of what was not checked, is refused", () => {
  const one = { "#1": carried(mcu()) };
  const process = directive("process-dependency");
  const refused = (offset: number) => ({
    ok: false,
    error: { code: "command-failed", command: "process-dependency", offset, because: "dependency-unverified" },
  });
  expect(run(one, [index(1), process])).toEqual(refused(1));
  expect(run(one, [...fetched(1).slice(0, 3), process])).toEqual(refused(3));
});

describe("image-match over a dependency", () => {
  const one = { "#1": carried(idle()) };
  const match = condition("image-match");
  const named = set({ imageDigest: digest, uri: "#1" });
  const failed = (offset: number) => ({
    ok: false,
    error: { code: "condition-failed", condition: "image-match", offset },
  });

  test("fails before it was fetched", () => {
    expect(run(one, [index(1), named, match])).toEqual(failed(2));
  });

  test("fails without a digest", () => {
    expect(run(one, [index(1), set({ uri: "#1" }), directive("fetch"), match])).toEqual(failed(3));
  });

  test("fails with another digest, and with another size", () => {
    const other = set({ imageDigest: { ...digest }, uri: "#1" });
    expect(run(one, [index(1), other, directive("fetch"), match])).toEqual(failed(3));
    const longer = set({ imageDigest: digest, imageSize: 101n, uri: "#1" });
    expect(run(one, [index(1), longer, directive("fetch"), match])).toEqual(failed(3));
  });

  test("holds with its digest, and with its size", () => {
    expect(run(one, [...fetched(1), match])).toEqual({ ok: true, value: [] });
    expect(run(one, [...fetched(1), set({ imageSize: 100n }), match])).toEqual({ ok: true, value: [] });
  });
});
