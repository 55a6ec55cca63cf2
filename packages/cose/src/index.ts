export * from "./algorithm.ts";
export { keyId } from "./key-id.ts";
export { parsePublicKeyDer, parsePublicKeyPem, publicKeyPem } from "./public-key.ts";
export * from "./sign1.ts";
export { toBeSigned } from "./to-be-signed.ts";
