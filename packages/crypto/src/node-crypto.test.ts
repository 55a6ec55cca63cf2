import { describeCrypto } from "./crypto.contract.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { signatureSchemes } from "./scheme-forms.ts";

describeCrypto("node:crypto", nodeCrypto, signatureSchemes);
