export { type DecodeOptions, decode } from "./decode.ts";
export { type CborValue, Encoded, encode, Tagged } from "./encode.ts";
export { encodeItem } from "./encode-item.ts";
export * from "./fields.ts";
export * from "./item.ts";
export * from "./malformed.ts";
export * from "./result.ts";
export { toValue } from "./to-value.ts";
