export { downloadTarget, type TargetDownload } from "./node-download-target.ts";
export { fetchMetadataFrom, type WithoutServer } from "./node-fetch-metadata.ts";
export { defaultHttpLimits, type HttpBody, type HttpLimits, HttpSource, type HttpTls } from "./node-http-source.ts";
export { rsaPssScheme } from "./node-rsa-pss.ts";
export { openTrustedFiles } from "./node-trusted-files.ts";
export { TufClient, type TufClientOptions } from "./node-tuf-client.ts";
export * from "./tuf-unavailable.ts";
