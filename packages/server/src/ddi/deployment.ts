import type { ActionRow, Scope } from "../store/schema.ts";
import { inScope, type Store } from "../store/store.ts";

/** The file name under which a device finds the SUIT envelope; no payload may have it. */
export const manifestFilename = "manifest.suit";

/**
 * DDI `update`: after "installed" a client that lost its state must not install again (server.md 4 rule 3). Also the
 * `c` of the link, which changes exactly when the answer does.
 */
export const updateMode = (action: Pick<ActionRow, "state">): "forced" | "skip" =>
  action.state === "installed-pending-restart" || action.state === "running-verified" ? "skip" : "forced";

export interface DeploymentBody {
  readonly id: string;
  readonly deployment: {
    readonly download: "forced";
    readonly update: "forced" | "skip";
    readonly chunks: readonly DeploymentChunk[];
  };
}

interface DeploymentChunk {
  readonly part: "firmware";
  readonly name: string;
  readonly version: string;
  readonly artifacts: readonly {
    readonly filename: string;
    readonly size: number;
    readonly hashes: { readonly sha1: string; readonly md5: string; readonly sha256: string };
    readonly _links: Readonly<Record<string, { readonly href: string }>>;
  }[];
  readonly metadata?: readonly { readonly key: string; readonly value: string }[];
}

/** Where the signed tree lists the release. Advice like all of this: the device asks the tree. */
const targetKey = "tuf-target";

/** DDI's description of an action's release: one chunk, the envelope first. */
export async function describeDeployment(
  store: Store,
  action: ActionRow,
  controllerUrl: string,
  targetPath: (envelopeSha256: string) => string | undefined,
): Promise<DeploymentBody> {
  const { release, artifacts } = await readRelease(store, store.scope, action.release_id);
  const target = targetPath(release.envelope_sha256);
  return {
    id: String(action.id),
    deployment: {
      download: "forced",
      update: updateMode(action),
      chunks: [
        {
          part: "firmware",
          name: release.name,
          version: release.version,
          artifacts: artifacts.map(({ filename, size, sha1, md5, sha256 }) => ({
            filename,
            size,
            hashes: { sha1, md5, sha256 },
            _links: links(
              `${controllerUrl}/softwaremodules/${action.release_id}/artifacts/${encodeURIComponent(filename)}`,
            ),
          })),
          ...(target === undefined ? {} : { metadata: [{ key: targetKey, value: target }] }),
        },
      ],
    },
  };
}

/** `-http` is what clients take when they speak no TLS. */
function links(href: string): Readonly<Record<string, { readonly href: string }>> {
  const download = { href };
  const md5sum = { href: `${href}.MD5SUM` };
  const plain = href.startsWith("http://") ? { "download-http": download, "md5sum-http": md5sum } : {};
  return { download, md5sum, ...plain };
}

interface ReleaseArtifacts {
  readonly release: { readonly name: string; readonly version: string; readonly envelope_sha256: string };
  readonly artifacts: readonly {
    readonly filename: string;
    readonly size: number;
    readonly sha1: string;
    readonly md5: string;
    readonly sha256: string;
  }[];
}

const readRelease = (store: Store, scope: Scope, id: number): Promise<ReleaseArtifacts> =>
  store.read(async (reader) => {
    const release = await reader
      .selectFrom("releases")
      .select(["name", "version", "envelope_sha256"])
      .where(inScope(scope, "releases"))
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    const artifacts = await reader
      .selectFrom("release_artifacts as a")
      .innerJoin("blobs as b", (join) =>
        join.onRef("b.tenant", "=", "a.tenant").onRef("b.site", "=", "a.site").onRef("b.sha256", "=", "a.sha256"),
      )
      .select(["a.filename", "b.size", "b.sha1", "b.md5", "b.sha256"])
      .where(inScope(scope, "a"))
      .where("a.release_id", "=", id)
      // A device downloads whatever a deployment lists.
      .where("a.kind", "!=", "attachment")
      .orderBy("a.kind")
      .orderBy("a.filename")
      .execute();
    return { release, artifacts };
  });
