import { describeCrypto } from "./crypto.contract.ts";
import { nobleCrypto } from "./noble-crypto.ts";

describeCrypto("noble", nobleCrypto);
