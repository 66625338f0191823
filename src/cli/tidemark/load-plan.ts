import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError, TidemarkError } from '../../errors.ts';
import { isPlan, type Plan } from '../../topology/plan.ts';

/**
 * The plan that a module exports: the one of this name, or, where there is no default export, the only one.
 *
 * @throws ConfigurationError PLAN_MISSING if there is no module, if it cannot be loaded, or if it exports none
 */
export async function loadPlan(module: string, exportName: string): Promise<Plan> {
  const exported = await loadModule(module, 'Name the module that exports the pipeline.');
  const value = exported[exportName];
  if (isPlan(value)) return value;
  const plans = Object.keys(exported).filter((name) => isPlan(exported[name]));
  const isLeftOut = exportName === 'default' && value === undefined;
  const [only, ...others] = new Set(plans.map((name) => exported[name] as Plan));
  if (isLeftOut && only !== undefined && others.length === 0) return only;
  const what = exportName === 'default' ? 'default export' : `export named '${exportName}'`;
  throw missing(
    value === undefined
      ? `'${module}' has no ${what}`
      : `the ${what} of '${module}' is not a pipeline`,
    plans.length > 0
      ? `Name one that is, with --export: ${plans.join(', ')}.`
      : 'Export what .to(...) returns.',
  );
}

/** What a module exports; `hint` says which one is meant. @throws ConfigurationError PLAN_MISSING */
export async function loadModule(module: string, hint: string): Promise<Record<string, unknown>> {
  const file = path.resolve(module);
  if (!existsSync(file)) throw missing(`there is no file '${module}'`, hint);
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw loadFailure(module, error);
  }
}

/** Why a module cannot be loaded, and what to do about it. */
export function loadFailure(module: string, error: unknown): ConfigurationError {
  if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION') return typed(module);
  const typescript = onlyInTypeScript(error);
  if (typescript !== undefined) return untyped(module, typescript);
  const isOurs = error instanceof TidemarkError;
  return missing(
    `'${module}' cannot be loaded: ${isOurs ? error.fact : reasonOf(error)}`,
    (isOurs ? error.hint : undefined) ?? 'Load it with node to see where it fails.',
  );
}

/** The name of a module that is imported as JavaScript, and is there as TypeScript only. */
function onlyInTypeScript(error: unknown): string | undefined {
  const { code, message = '' } = error as Partial<NodeJS.ErrnoException>;
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const imported = /'([^']+)\.([cm]?)js'/.exec(message);
  if (imported === null) return undefined;
  const [, stem = '', kind = ''] = imported;
  const typescript = `${stem}.${kind}ts`;
  return existsSync(typescript) ? path.basename(typescript) : undefined;
}

const untyped = (module: string, name: string): ConfigurationError =>
  missing(
    `'${module}' cannot be loaded: it imports '${name.replace(/ts$/, 'js')}', and there is only '${name}'`,
    `Import './${name}', which Node 22.18 or later loads, or run: node --import tsx node_modules/tidemark/dist/cli.js …`,
  );

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const typed = (module: string): ConfigurationError =>
  missing(
    `'${module}' is TypeScript, which Node ${process.versions.node} does not load by itself`,
    'Use Node 22.18 or later, or run: node --import tsx node_modules/tidemark/dist/cli.js …',
  );

const missing = (message: string, hint: string): ConfigurationError =>
  new ConfigurationError('PLAN_MISSING', message, hint);
