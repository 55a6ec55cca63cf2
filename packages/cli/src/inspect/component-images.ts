import { bytesToHex } from "@sumac/crypto";
import type { CommandSequence, DescribedSection, Manifest, SuitDigest } from "@sumac/suit";

/** What the manifest says of the image of a component, in one command. */
export interface ImageFacts {
  readonly digest?: SuitDigest;
  readonly size?: bigint;
  readonly uri?: string;
  readonly encrypted: boolean;
}

/**
 * By component (or dependency) index, what any command sets for it. Alternatives stand beside one another: which one a
 * device takes depends on the device.
 */
export function componentImages(
  sections: readonly DescribedSection[],
  manifest: Manifest,
): ReadonlyMap<number, readonly ImageFacts[]> {
  const found = new Map<number, Map<string, ImageFacts>>();
  const all = [...manifest.components.keys(), ...(manifest.dependencies ?? []).map(({ index }) => index)];
  const walk = (sequence: CommandSequence, start: readonly number[]): void => {
    let selected = start;
    for (const command of sequence.commands) {
      switch (command.kind) {
        case "set-component-index":
          if (command.index === "all") selected = all;
          else selected = typeof command.index === "number" ? [command.index] : command.index;
          break;
        case "override-parameters":
        case "set-parameters": {
          const { imageDigest, imageSize, uri, encryptionInfo } = command.parameters;
          if (imageDigest === undefined && imageSize === undefined && uri === undefined && !encryptionInfo) break;
          const facts: ImageFacts = {
            ...(imageDigest && { digest: imageDigest }),
            ...(imageSize !== undefined && { size: imageSize }),
            ...(uri !== undefined && { uri }),
            encrypted: encryptionInfo !== undefined,
          };
          for (const index of selected) {
            const known = found.get(index) ?? new Map<string, ImageFacts>();
            known.set(sameness(facts), facts);
            found.set(index, known);
          }
          break;
        }
        case "try-each":
          for (const choice of command.sequences) walk(choice, selected);
          break;
        case "run-sequence":
          walk(command.sequence, selected);
          break;
        default:
      }
    }
  };
  for (const { sequence } of sections) walk(sequence, [0]);
  return new Map(Array.from(found, ([index, facts]) => [index, [...facts.values()]]));
}

const sameness = ({ digest, size, uri, encrypted }: ImageFacts): string =>
  JSON.stringify([digest && bytesToHex(digest.bytes), size === undefined ? null : `${size}`, uri, encrypted]);
