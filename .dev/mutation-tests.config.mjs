// How the tests run under npm run mutation: a busy machine is no reason to call one a failure.
export default { test: { testTimeout: 60_000, hookTimeout: 60_000 } };
