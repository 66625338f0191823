import { defineConfig } from 'vitest/config';

/** The test on LocalStack, which takes minutes and much of a machine: not part of `npm test`. */
export default defineConfig({
  ssr: { resolve: { conditions: ['tidemark-source'] } },
  resolve: { conditions: ['tidemark-source'] },
  test: {
    reporters: ['verbose', './test/support/closing-line.ts'],
    include: ['test/localstack/**/*.test.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    fileParallelism: false,
  },
});
