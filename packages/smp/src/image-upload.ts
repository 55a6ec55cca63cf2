import type { Result } from "@sumac/cbor";
import {
  type UploadFailure,
  type UploadOptions,
  type UploadProgress,
  type UploadSource,
  uploadChunks,
} from "./chunk-upload.ts";
import { imageCommand, smpGroup } from "./labels.ts";
import type { SmpClient } from "./smp-client.ts";

export interface ImageUploadOptions extends UploadOptions {
  /**
   * Where to: `upload_image_id` of the slot, as `chooseUploadTarget` finds it. Absent = the server's choice, which in a
   * recovery loader is the slot that runs.
   */
  readonly image?: number;
}

/** Sends a file into a slot. That it arrived says nothing about its being accepted: only the image state says that. */
export const uploadImage = (
  client: SmpClient,
  source: UploadSource,
  options: ImageUploadOptions,
): Promise<Result<UploadProgress, UploadFailure>> =>
  uploadChunks(
    client,
    source,
    {
      group: smpGroup.image,
      id: imageCommand.upload,
      first: { image: options.image, len: source.length, sha: source.sha256 },
    },
    options,
  );
