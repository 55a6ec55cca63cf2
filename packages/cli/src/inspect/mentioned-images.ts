import { bytesToHex } from "@sumac/crypto";
import { type DescribedSection, everyCommand, type SuitDigest } from "@sumac/suit";

/** What one command sets of an image. */
export interface MentionedImage {
  readonly digest?: SuitDigest;
  readonly size?: bigint;
  readonly uri?: string;
}

/** Of a hostile file; nobody reads more. */
const mostMentioned = 100;

/** Everything that any command sets of images, used or not: for what could not be followed. */
export function mentionedImages(sections: readonly DescribedSection[]): readonly MentionedImage[] {
  const found = new Map<string, MentionedImage>();
  for (const command of sections.flatMap(({ sequence }) => [...everyCommand(sequence)])) {
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
    const { imageDigest: digest, imageSize: size, uri } = command.parameters;
    if (digest === undefined && uri === undefined) continue;
    const key = JSON.stringify([digest && bytesToHex(digest.bytes), String(size), uri]);
    found.set(key, {
      ...(digest && { digest }),
      ...(size !== undefined && { size }),
      ...(uri !== undefined && { uri }),
    });
  }
  return [...found.values()].slice(0, mostMentioned);
}
