import {
  changeLine,
  delegationsOf,
  findDelegation,
  nextRoot,
  type WireMetadata,
  type WireRoot,
  type WireTargets,
  withDelegations,
} from "@sumac/tuf/writer";
import { usage } from "../failure.ts";
import { baseOf } from "./ceremony.ts";
import type { Repository } from "./repository.ts";
import { orTell, writingFailure } from "./writing-failure.ts";

/** The next version of an offline role: the same, or what its unsigned draft says, with a new expiry. */
export async function renewedDraft(repository: Repository, role: string): Promise<WireMetadata> {
  const context = repository.context();
  if (role === "snapshot" || role === "timestamp") {
    throw usage("online-role", `${role} is signed when the repository is published`, "run sumac repo publish");
  }
  if (role === "root") {
    return orTell(nextRoot(await needBase(repository, role, repository.root()?.wire), [], context));
  }
  if (role === "targets") {
    const base = await needBase(repository, role, repository.targets()?.wire);
    return orTell(withDelegations(base, delegationsOf(base), context));
  }
  const delegation = orTell(findDelegation(repository.needTargets().wire, role));
  const base = await baseOf(repository, role, repository.targets(role)?.wire);
  return orTell(changeLine(base, { delegation, add: [], withdraw: [] }, context));
}

async function needBase<W extends WireRoot | WireTargets>(
  repository: Repository,
  role: string,
  newest: W | undefined,
): Promise<W> {
  const base = await baseOf(repository, role, newest);
  if (base === undefined) throw writingFailure({ code: "role-not-written", role });
  return base;
}
