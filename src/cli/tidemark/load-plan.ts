import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError, TidemarkError } from '../../errors.ts';
import { isPlan, type Plan } from '../../topology/plan.ts';

/**
 * The plan that a module exports.
 *
 * @throws ConfigurationError PLAN_MISSING if there is no module, if it cannot be loaded, or if it exports none
 */
export async function loadPlan(module: string, exportName: string): Promise<Plan> {
  const file = path.resolve(module);
  if (!existsSync(file)) {
    throw missing(`there is no file '${module}'`, 'Name the module that exports the pipeline.');
  }
  const exported = await load(file, module);
  const value = exported[exportName];
  if (isPlan(value)) return value;
  const what = exportName === 'default' ? 'default export' : `export named '${exportName}'`;
  const others = Object.keys(exported).filter((name) => isPlan(exported[name]));
  throw missing(
    value === undefined
      ? `'${module}' has no ${what}`
      : `the ${what} of '${module}' is not a pipeline`,
    others.length > 0
      ? `Name one that is, with --export: ${others.join(', ')}.`
      : "End it with 'export default' and what .to(...) returns.",
  );
}

async function load(file: string, module: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION') throw typed(module);
    const reason = error instanceof TidemarkError ? error.fact : reasonOf(error);
    throw new ConfigurationError(
      'PLAN_MISSING',
      `'${module}' cannot be loaded: ${reason}`,
      (error instanceof TidemarkError ? error.hint : undefined) ??
        'Load it with node to see where it fails.',
    );
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const typed = (module: string): ConfigurationError =>
  missing(
    `'${module}' is TypeScript, which Node ${process.versions.node} does not load by itself`,
    'Use Node 22.18 or later, or run: node --import tsx node_modules/tidemark/dist/cli.js …',
  );

const missing = (message: string, hint: string): ConfigurationError =>
  new ConfigurationError('PLAN_MISSING', message, hint);
