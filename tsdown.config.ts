import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    lambda: 'src/runtime/lambda/index.ts',
    aws: 'src/aws.ts',
    local: 'src/runtime/local/index.ts',
    batch: 'src/runtime/batch/index.ts',
    archive: 'src/archive/index.ts',
    cdk: 'src/cdk/index.ts',
    cli: 'src/cli/tidemark.ts',
    testing: 'src/testing/index.ts',
    // Run as processes of their own by what is in `local`, and looked for beside it.
    'embedded-process': 'src/runtime/local/embedded-process.ts',
    'function-child': 'src/runtime/local/function-child.ts',
  },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  fixedExtension: false,
  sourcemap: true,
});
