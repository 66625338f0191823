import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
} from '@microsoft/api-extractor';

/**
 * Writes what each export path offers into docs/api/*.api.md, from the declarations in dist/ (`npm run
 * build` makes them). With --check it changes nothing, and fails where the files in docs/api are others: a
 * change of the public API shows in the review of the commit that makes it.
 */
let scratch: string | undefined;
const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(root, 'docs/api');
const check = process.argv.includes('--check');
if (!existsSync(path.join(root, 'dist/index.d.ts'))) {
  console.error('error: there is no dist/index.d.ts\nRun npm run build first.');
  process.exit(1);
}

const configs = entries().map(configOf);
const [first, ...others] = configs;
if (first === undefined) throw new Error('package.json exports nothing to report on');
// One program for all of them: most of the time goes into the declarations of AWS.
const compilerState = CompilerState.create(first, {
  additionalEntryPoints: others.map((config) => config.mainEntryPointFilePath),
});
const changed = configs.filter((config) => {
  const options = { localBuild: !check, compilerState, messageCallback: quiet };
  return Extractor.invoke(config, options).apiReportChanged;
});
const reports = readdirSync(folder).filter((file) => file.endsWith('.api.md'));
const known = configs.map((config) => path.basename(config.reportFilePath));
const left = reports.filter((file) => !known.includes(file));
rmSync(first.reportTempFolder, { recursive: true });
for (const file of left) {
  console.log(`docs/api/${file} is of an export path that there is not`);
  if (!check) rmSync(path.join(folder, file));
}
for (const config of changed) {
  console.log(
    `docs/api/${path.basename(config.reportFilePath)} ${check ? 'is out of date' : 'written'}`,
  );
}
if (check && changed.length + left.length > 0) {
  console.log('Run: npm run build && npm run api');
  process.exitCode = 1;
} else {
  console.log(`${configs.length} export paths, ${changed.length} of them changed`);
}

/** Names and declarations of the export paths of the package. */
function entries(): { name: string; types: string }[] {
  const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>;
  };
  return Object.entries(exports).flatMap(([key, target]) =>
    typeof target === 'string'
      ? []
      : [{ name: key === '.' ? 'index' : key.slice(2), types: target.types }],
  );
}

function configOf({ name, types }: { name: string; types: string }): ExtractorConfig {
  scratch ??= mkdtempSync(path.join(tmpdir(), 'tidemark-api-'));
  return ExtractorConfig.prepare({
    packageJsonFullPath: path.join(root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: path.join(root, types),
      newlineKind: 'lf',
      apiReport: {
        enabled: true,
        reportFolder: folder,
        reportTempFolder: scratch,
        reportFileName: `${name}.api.md`,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2023',
            module: 'nodenext',
            moduleResolution: 'nodenext',
            types: ['node'],
            skipLibCheck: true,
          },
          files: [path.join(root, types)],
        },
      },
      messages: {
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}

/** What it says besides of files, tools and versions is the same each time. */
function quiet(message: ExtractorMessage): void {
  if (message.logLevel !== ExtractorLogLevel.Error) message.logLevel = ExtractorLogLevel.None;
}
