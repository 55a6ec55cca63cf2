import { everyCommand, formatIdentifier } from "@sumac/suit";
import type { VerifiedUpdate } from "@sumac/verifier";

/** What an accepted release says of itself. All of it is signed; the texts are for people. */
export interface ReleaseFacts {
  readonly product: string | undefined;
  readonly version: string | undefined;
  readonly vendorIds: readonly string[];
  readonly classIds: readonly string[];
}

export function releaseFacts({ manifest, members }: VerifiedUpdate): ReleaseFacts {
  const components = (members.text?.languages ?? []).flatMap((language) => language.components);
  const commands = [...everyCommand(manifest.shared)];
  const ids = (name: "vendorIdentifier" | "classIdentifier"): readonly string[] => [
    ...new Set(
      commands.flatMap((command) => {
        const id = command.kind === "override-parameters" ? command.parameters[name] : undefined;
        return id === undefined ? [] : [formatIdentifier(id)];
      }),
    ),
  ];
  return {
    product: components.find(({ modelName }) => modelName !== undefined)?.modelName,
    version: components.find(({ version }) => version !== undefined)?.version,
    vendorIds: ids("vendorIdentifier"),
    classIds: ids("classIdentifier"),
  };
}
