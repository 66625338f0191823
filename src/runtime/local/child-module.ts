import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** How to fork a script of this library. */
export interface ChildModule {
  readonly path: string;
  readonly execArgv: string[];
}

/**
 * Finds the script `name` beside the module at `besideUrl`: TypeScript through tsx when the library
 * itself runs from its source, plain JavaScript from a built package.
 */
export function childModule(name: string, besideUrl: string): ChildModule {
  const isSource = besideUrl.endsWith('.ts');
  const url = new URL(`./${name}${isSource ? '.ts' : '.js'}`, besideUrl);
  return {
    path: fileURLToPath(url),
    execArgv: isSource ? sourceArguments(besideUrl) : loaders(process.execArgv),
  };
}

// The loader's own file, and not `tsx`: a bare name would be looked up from the working directory.
function sourceArguments(besideUrl: string): string[] {
  const loader = pathToFileURL(createRequire(besideUrl).resolve('tsx')).href;
  return ['--conditions=tidemark-source', '--import', loader];
}

const LOADER = /^(--import|--require|-r|--loader|--experimental-loader|--conditions|-C)(=|$)/;

/** The arguments that say how modules are found: a child must not inherit `--eval` or `--inspect`. */
function loaders(execArgv: readonly string[]): string[] {
  return execArgv.flatMap((argument, index) => {
    if (!LOADER.test(argument)) return [];
    const value = execArgv[index + 1];
    return argument.includes('=') || value === undefined ? [argument] : [argument, value];
  });
}
