/** What the tests of both projects have in common. */
const common = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
      },
    ],
  },
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    { ...common, displayName: 'main', testMatch: ['**/*.test.ts'] },
    // Once more what moves audio through the whole product, on the other backend. The tests of the relay alone run
    // on both by themselves.
    {
      ...common,
      displayName: 'dgram',
      testMatch: [
        '**/test/interop/**/*.test.ts',
        '**/test/app/{freeswitch,media-worker-death}.test.ts',
        '**/test/core/scenario-log.test.ts',
      ],
      testPathIgnorePatterns: ['/test/interop/hearing/rtpengine[^/]*.test.ts$'],
      setupFiles: ['<rootDir>/test/support/on-dgram.cjs'],
    },
  ],
  // Long enough for a machine that is busy with something else; whoever waits waits for what it wants, not for time.
  testTimeout: 150_000,
  // Two: the real peers of the interop tests need room on a two-core machine.
  maxWorkers: 2,
  reporters: ['default', '<rootDir>/test/support/summary-reporter.cjs'],
};
