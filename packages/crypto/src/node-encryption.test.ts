import { encryptionContract } from "./encryption.contract.ts";
import { nodeDecryption } from "./node-decryption.ts";
import { nodeEncryption } from "./node-encryption.ts";

encryptionContract("node:crypto", nodeEncryption, nodeDecryption);
