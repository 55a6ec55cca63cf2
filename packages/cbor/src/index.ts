export * from "./decode.ts";
export * from "./encode.ts";
export * from "./item.ts";
export * from "./malformed.ts";
export * from "./result.ts";
