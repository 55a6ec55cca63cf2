/** A handle as the module gave it: a session, slot or object. */
export type Handle = Uint8Array;

export interface TokenInfo {
  /** Padded with spaces to 32 characters, as the following to 32, 16 and 16. */
  readonly label: string;
  readonly manufacturerID: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly flags: number;
}

interface AttributeTemplate {
  readonly type: number;
  readonly value?: number | boolean | string | Uint8Array;
}

/**
 * The calls of a PKCS#11 module that signing needs, named as in the standard; pkcs11js has them. A call that does not
 * answer CKR_OK throws an error whose `code` is the return value.
 */
export interface Cryptoki {
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): TokenInfo;
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin?: string): void;
  C_FindObjectsInit(session: Handle, template: AttributeTemplate[]): void;
  C_FindObjects(session: Handle, limit: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: AttributeTemplate[],
  ): { readonly value: Uint8Array | string | number | boolean }[];
  C_SignInit(session: Handle, mechanism: { readonly mechanism: number }, key: Handle): void;
  C_SignAsync(session: Handle, data: Uint8Array, signature: Uint8Array): Promise<Uint8Array>;
}

/** The `CKR_...` of a failed call; undefined for any other error, which is a bug. */
export function returnValueOf(fault: unknown): { readonly value: number; readonly name: string } | undefined {
  if (!(fault instanceof Error) || !("code" in fault) || typeof fault.code !== "number") return undefined;
  const name = /CKR_\w+/.exec(fault.message)?.[0] ?? `0x${fault.code.toString(16)}`;
  return { value: fault.code, name };
}
