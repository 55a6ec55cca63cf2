/** Every number of draft-ietf-suit-trust-domains-12 (frozen). Understood only where `Limits.extensions` names it. */
export const trustDomains = {
  manifest: {
    "manifest-component-id": 5,
    "dependency-resolution": 15,
    "candidate-verification": 18,
    uninstall: 24,
  },
  common: { dependencies: 1 },
  dependency: { "dependency-prefix": 1 },
  condition: { "dependency-integrity": 7, "is-dependency": 8 },
  directive: { "process-dependency": 11, "set-parameters": 19, unlink: 33 },
} as const;
