import type { CommandInput, ComponentId, ManifestInput, Parameters, SuitDigest } from "@sumac/suit";
import { encryptedInstall } from "./encrypted-install.ts";
import type { UpdateManagement } from "./release-description.ts";
import type { ReleasePayload } from "./release-payload.ts";
import { reportAll, reportFailure } from "./reporting-policy.ts";

/** A component with all that its commands say of it. */
export interface PlannedComponent {
  readonly id: ComponentId;
  /** What lies in it in the end. */
  readonly image: { readonly digest: SuitDigest; readonly size: bigint };
  readonly payload: ReleasePayload;
  readonly carried: "beside" | "inside";
  /** Set if the payload is a ciphertext. */
  readonly encryptionInfo?: Uint8Array;
}

/** Whom a release is for, and under which conditions of update-management. */
export interface ReleaseTerms {
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  readonly updateManagement: UpdateManagement | undefined;
}

const condition = (name: Extract<CommandInput, { kind: "condition" }>["condition"]): CommandInput => ({
  kind: "condition",
  condition: name,
  policy: reportAll,
});
const directive = (name: "fetch" | "invoke"): CommandInput => ({
  kind: "directive",
  directive: name,
  policy: reportFailure,
});
const override = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });

/** The components that go to the device, then those that hold ciphertexts on their way. */
export const releaseComponents = (components: readonly PlannedComponent[]): readonly ComponentId[] => [
  ...components.map(({ id }) => id),
  ...encryptedOf(components).map(({ id }) => [...id, new TextEncoder().encode("encrypted")]),
];

const encryptedOf = (components: readonly PlannedComponent[]): readonly PlannedComponent[] =>
  components.filter(({ encryptionInfo }) => encryptionInfo !== undefined);

export function releaseCommands(
  components: readonly PlannedComponent[],
  terms: ReleaseTerms,
): Pick<ManifestInput, "shared" | "install" | "validate" | "invoke"> {
  // With more than one component every sequence begins with set-component-index, with one none needs it.
  const isAlone = releaseComponents(components).length === 1;
  const at = (index: number | "all" | readonly number[]): readonly CommandInput[] =>
    isAlone ? [] : [{ kind: "set-component-index", index }];
  const images = components.length === 1 ? 0 : [...components.keys()];
  const identity: Parameters = { vendorIdentifier: terms.vendorId, classIdentifier: terms.classId };
  const described = components.map(({ image }): Parameters => ({ imageDigest: image.digest, imageSize: image.size }));
  const perImage = described.flatMap((parameters, index) => [...at(index), override(parameters)]);
  const conditions = [condition("vendor-identifier"), condition("class-identifier")];

  return {
    shared: {
      commands: isAlone
        ? [override({ ...identity, ...described[0] }), ...conditions]
        : [...at("all"), override(identity), ...conditions, ...perImage],
    },
    install: {
      at: "inline",
      value: {
        commands: [
          ...managed(terms.updateManagement, at(0)),
          ...components.flatMap((component, index) => installOne(components, component, index, at(index))),
        ],
      },
    },
    validate: { commands: [...at(images), condition("image-match")] },
    invoke: { commands: [...at(0), directive("invoke")] },
  };
}

function installOne(
  components: readonly PlannedComponent[],
  component: PlannedComponent,
  index: number,
  select: readonly CommandInput[],
): readonly CommandInput[] {
  const { payload, encryptionInfo } = component;
  if (encryptionInfo === undefined) {
    return [...select, override({ uri: payload.uri }), directive("fetch"), condition("image-match")];
  }
  const ciphertextComponent = components.length + encryptedOf(components).indexOf(component);
  return encryptedInstall({ imageComponent: index, ciphertextComponent, payload, encryptionInfo });
}

/**
 * In install alone: the shared sequence also runs before validate and invoke, and a firmware whose update has expired
 * must go on booting, as must one that by now is newer than the release asked for.
 */
function managed(terms: UpdateManagement | undefined, select: readonly CommandInput[]): readonly CommandInput[] {
  if (terms === undefined) return [];
  const { useBefore, priority, installed } = terms;
  const parameters: Parameters = {
    ...(useBefore !== undefined && { useBefore }),
    ...(priority !== undefined && { updatePriority: priority }),
    ...(installed && { version: installed }),
  };
  if (Object.keys(parameters).length === 0) return [];
  return [
    ...select,
    override(parameters),
    ...(useBefore === undefined ? [] : [condition("use-before")]),
    ...(installed === undefined ? [] : [condition("version")]),
  ];
}
