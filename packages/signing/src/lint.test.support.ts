import { nodeCrypto } from "@sumac/crypto/node";
import {
  type CommandInput,
  type ComponentId,
  type ComponentIndex,
  type ComponentText,
  digestOf,
  type EnvelopeParts,
  type LanguageText,
  type ManifestInput,
  type Parameters,
  type SequenceInput,
  type SuitDigest,
  type TextInput,
} from "@sumac/suit";
import type { Finding } from "./finding.ts";
import { type LintContext, lintRelease } from "./lint.ts";
import { build, buildContext, commands, enclose } from "./release.test.support.ts";

const release = build();
export const vendorId: Uint8Array = release.vendorId;
export const classId: Uint8Array = release.classId;
/** The image is the one byte 01. */
export const image: Uint8Array = Uint8Array.of(1);
export const imageDigest: SuitDigest = digestOf(nodeCrypto, "sha-256", image);
export const imageName: string = `sha256-${Buffer.from(imageDigest.bytes).toString("hex")}.bin`;
export const component: ComponentId = [Uint8Array.of(0)];

export const override = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });
export const at = (index: ComponentIndex): CommandInput => ({ kind: "set-component-index", index });
export const shared: Required<Pick<Parameters, "vendorIdentifier" | "classIdentifier" | "imageDigest" | "imageSize">> =
  { vendorIdentifier: vendorId, classIdentifier: classId, imageDigest, imageSize: 1n };
export const identity: readonly string[] = ["vendor-identifier", "class-identifier"];

export type CommandList = readonly (string | CommandInput)[];
interface Inline<T> {
  readonly at: "inline";
  readonly value: T;
}
export const inline = <T>(value: T): Inline<T> => ({ at: "inline", value });
export const install = (...list: CommandList): { readonly install: Inline<SequenceInput> } => ({
  install: inline(commands(...list)),
});

/** A manifest that lint has nothing to say about. */
export const good: ManifestInput = {
  sequenceNumber: 7n,
  components: [component],
  referenceUri: "https://vendor.example/rtu",
  shared: commands(override(shared), ...identity),
  ...install(override({ uri: imageName }), "fetch", "image-match"),
  validate: commands("image-match"),
  invoke: commands("invoke"),
};

export type Changes = { readonly [Name in keyof ManifestInput]?: ManifestInput[Name] | undefined };

/** `good` with some members replaced, or left out. */
export function changed(changes: Changes): ManifestInput {
  const kept = Object.entries({ ...good, ...changes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as unknown as ManifestInput;
}

export function findingsIn(bytes: Uint8Array, context: Partial<LintContext> = {}): readonly Finding[] {
  const result = lintRelease(bytes, { ...buildContext, ...context });
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

export const lint = (
  changes: Changes,
  envelopeParts: Partial<EnvelopeParts> = {},
  context: Partial<LintContext> = {},
): readonly Finding[] => findingsIn(enclose(changed(changes), envelopeParts), context);

export const tryEach = (...sequences: readonly CommandList[]): CommandInput => ({
  kind: "try-each",
  sequences: sequences.map((list) => commands(...list)),
  orNil: false,
});
export const runSequence = (...list: CommandList): CommandInput => ({
  kind: "run-sequence",
  sequence: commands(...list),
});
export function without(name: keyof typeof shared): Parameters {
  const { [name]: _, ...rest } = shared;
  return rest;
}

/** Short enough to stay in the manifest. */
export const text = (described: Omit<ComponentText, "component">, id: ComponentId = component): Inline<TextInput> =>
  texts(["en", described, id]);
export const texts = (
  ...languages: readonly (readonly [language: string, Omit<ComponentText, "component">, id?: ComponentId])[]
): Inline<TextInput> =>
  inline({
    languages: languages.map(
      ([language, described, id = component]): LanguageText => ({
        language,
        components: [{ component: id, ...described }],
      }),
    ),
  });
