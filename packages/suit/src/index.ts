export * from "./command.ts";
export * from "./envelope.ts";
export * from "./labels.ts";
export * from "./manifest.ts";
