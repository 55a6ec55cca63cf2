export { openPkcs11Key, type Pkcs11Options } from "./node-open-key.ts";
