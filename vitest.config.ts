import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['tidemark-source'] } },
  resolve: { conditions: ['tidemark-source'] },
  test: {
    reporters: ['default', './test/support/closing-line.ts'],
    include: ['test/**/*.test.ts'],
    // Takes minutes, and much of a machine: `npm run test:localstack`.
    exclude: ['test/localstack/**', 'node_modules/**'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', CDK_VALIDATION: 'false' },
    // Vitest would leave one core alone, which is half of a small machine.
    maxWorkers: '100%',
    // Suites that start servers of their own take a while to come up on a busy machine.
    hookTimeout: 60_000,
    testTimeout: 60_000,
  },
});
