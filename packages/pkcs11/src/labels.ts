/** Numbers of PKCS#11 3.1 (pkcs11t.h) that are used here, by their names without the prefix. */
export const attribute = {
  class: 0x000,
  label: 0x003,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  extractable: 0x162,
  neverExtractable: 0x164,
  ecParams: 0x180,
  ecPoint: 0x181,
  alwaysAuthenticate: 0x202,
} as const;

export const objectClass = { publicKey: 2, privateKey: 3 } as const;

export const keyType = { ec: 0x03, ecEdwards: 0x40 } as const;

export const mechanism = { ecdsa: 0x1041, eddsa: 0x1057 } as const;

export const userType = { user: 1, contextSpecific: 2 } as const;

export const tokenFlag = {
  loginRequired: 0x4,
  protectedAuthenticationPath: 0x100,
  tokenInitialized: 0x400,
  userPinCountLow: 0x1_0000,
  userPinFinalTry: 0x2_0000,
  userPinLocked: 0x4_0000,
} as const;

/** CKF_SERIAL_SESSION without CKF_RW_SESSION: signing writes nothing. */
export const readOnlySession = 0x4;

/** CKF_OS_LOCKING_OK: signatures are computed on another thread. */
export const osLockingOk = 0x2;

/** CKR_*: what a call may answer and means something to a person. */
export const returnValue = {
  deviceError: 0x030,
  deviceRemoved: 0x032,
  functionCanceled: 0x050,
  pinIncorrect: 0x0a0,
  pinInvalid: 0x0a1,
  pinLenRange: 0x0a2,
  pinExpired: 0x0a3,
  pinLocked: 0x0a4,
  tokenNotPresent: 0x0e0,
  tokenNotRecognized: 0x0e1,
  userAlreadyLoggedIn: 0x100,
  userPinNotInitialized: 0x102,
  cryptokiAlreadyInitialized: 0x191,
  functionRejected: 0x200,
} as const;
