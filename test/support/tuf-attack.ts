import type { FactoryMinimum, TufRefusal } from "@sumac/tuf";
import { describe, expect, test } from "vitest";
import { TestClient, type TestClientOptions } from "./tuf-client.ts";
import { TestRepository } from "./tuf-repository.ts";

/** A client that has polled before, one that has only its factory data, and one that has polled before but has no clock. */
export const clientKinds = ["with state", "fresh", "without a clock"] as const;
export type ClientKind = (typeof clientKinds)[number];

/** `accept`, or the refusal with all facts that the row cares about. */
type Answer = "accept" | (Partial<TufRefusal> & { readonly code: TufRefusal["code"] });

export interface TufAttack {
  /** Row of the attack list in `docs/spec/tuf.md`. */
  readonly row: string;
  /** Ids of the threat model that the row answers. */
  readonly threat: string;
  readonly name: string;
  /** How the repository stands when the devices poll first; default: one line with two releases. */
  readonly before?: () => TestRepository;
  readonly attack: (repository: TestRepository, client: TestClient) => void;
  readonly target?: string;
  readonly policy?: TestClientOptions["policy"];
  readonly answer: Answer | Readonly<Record<ClientKind, Answer>>;
  /** Stored files that may change although the end is a refusal: what was accepted before it. */
  readonly learns?: readonly string[];
  /** The same for a client that has nothing yet. */
  readonly freshLearns?: readonly string[];
}

export const knownTarget = "drives/dx9/1.0.0.suit";

export function describeTufAttacks(title: string, attacks: readonly TufAttack[]): void {
  describe.each(clientKinds)(`${title}, client %s`, (kind) => {
    test.each(attacks)("row $row, $threat: $name", (attack) => runAttack(attack, kind));
  });
}

function runAttack(attack: TufAttack, kind: ClientKind): void {
  const repository = (attack.before ?? (() => TestRepository.withLine()))();
  const client = clientOf(kind, repository, attack.policy ?? {});
  const target = attack.target ?? knownTarget;
  if (kind !== "fresh") expect(client.refresh()).toMatchObject({ ok: true });
  if (kind !== "fresh") expect(client.find(knownTarget)).toMatchObject({ ok: true });
  const before = new Map(client.stored);

  attack.attack(repository, client);
  const result = client.update(target);

  const answer = answerFor(attack.answer, kind);
  if (answer === "accept") {
    expect(result).toMatchObject({ ok: true });
    return;
  }
  expect(result).toMatchObject({ ok: false, error: answer });
  const learns = kind === "fresh" ? (attack.freshLearns ?? attack.learns) : attack.learns;
  expect(changed(before, client.stored)).toEqual([...(learns ?? [])].sort());
}

const answerFor = (answer: TufAttack["answer"], kind: ClientKind): Answer =>
  typeof answer === "object" && "fresh" in answer ? answer[kind] : answer;

export function clientOf(
  kind: ClientKind,
  repository: TestRepository,
  policy: NonNullable<TestClientOptions["policy"]> = {},
): TestClient {
  switch (kind) {
    case "with state":
      return new TestClient(repository, { policy });
    case "fresh":
      return new TestClient(repository, { policy, factoryMinimum: minimumOf(repository) });
    case "without a clock":
      return new TestClient(repository, { policy: { unknownFreshness: "accept-and-note", ...policy }, clock: "none" });
  }
}

/** What the maker of a device would pin: the versions that are published now. */
function minimumOf(repository: TestRepository): FactoryMinimum {
  const roles = new Map([["targets", repository.targets.version]]);
  for (const [name, { version }] of repository.roles) roles.set(name, version);
  const { root, timestamp, snapshot } = repository;
  return { root: root.version, timestamp: timestamp.version, snapshot: snapshot.version, roles };
}

export function changed(before: ReadonlyMap<string, Uint8Array>, after: ReadonlyMap<string, Uint8Array>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  // The trusted time is no file of the repository; tests of time look at it.
  names.delete("time");
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}
