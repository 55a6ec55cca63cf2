import type { AttackScene } from "./attack-scene.ts";
import type { ArtifactDocument, DeploymentDocument, Forgery, Purpose, Seen, Tampering } from "./on-path-attacker.ts";

/** Answers one kind of request instead of the server. */
export const forge = (purpose: Purpose, forgery: (request: Seen) => Forgery): Tampering => ({
  forge: (request) => (request.purpose === purpose ? forgery(request) : undefined),
});

/** Answers the requests for one file; `count` is how many there were before. */
export function forgeFile(filename: string, forgery: (count: number, request: Seen) => Forgery): Tampering {
  let count = 0;
  return { forge: (request) => (request.filename === filename ? forgery(count++, request) : undefined) };
}

/** A whole answer. */
export const say =
  (status: number, headers: Readonly<Record<string, string | number>> = {}, body: string | Uint8Array = ""): Forgery =>
  (response) =>
    void response.writeHead(status, headers).end(body);

/** Changes the description of a deployment on its way. */
export const lead =
  (change: (scene: AttackScene, document: DeploymentDocument, artifacts: ArtifactDocument[]) => unknown) =>
  (scene: AttackScene): Tampering => ({
    deployment: (document) => void change(scene, document, document.deployment.chunks[0]?.artifacts ?? []),
  });
