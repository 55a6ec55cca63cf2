import { describeCrypto } from "./crypto.contract.ts";
import { nodeCrypto } from "./node-crypto.ts";

describeCrypto("node:crypto", nodeCrypto);
