import { type Dirent, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * The files that a pattern means, in the order of their names: a path, or one in which `*` stands for
 * anything in a name, `?` for one character, and `**` for any folders. Names that begin with a dot
 * are found only where the pattern has the dot.
 */
export function filesOf(pattern: string): string[] {
  if (isFile(pattern)) return [pattern];
  const { root } = path.parse(pattern);
  const names = pattern.slice(root.length).split(SEPARATORS);
  return [
    ...new Set(
      matches(
        root,
        names.filter((name) => name !== ''),
      ),
    ),
  ].sort();
}

/**
 * Which keys of objects such a pattern means. Folders are what is before a slash, as in the names of files. Pure.
 */
export function keyMatcher(pattern: string): RegExp {
  const names = pattern.split('/');
  const last = names.length - 1;
  const source = names.map((name, at) => {
    if (name === '**') return at < last ? ANY_FOLDERS : `${ANY_FOLDERS}${NOT_HIDDEN}[^/]+`;
    const visible = isPattern(name) && !name.startsWith('.') ? NOT_HIDDEN : '';
    return `${visible}${sourceOf(name)}${at < last ? '/' : ''}`;
  });
  return new RegExp(`^${source.join('')}$`, 'su');
}

const NOT_HIDDEN = '(?!\\.)';
const ANY_FOLDERS = `(?:${NOT_HIDDEN}[^/]*/)*`;

/** True if the text means more than the file of this name. */
export const isPattern = (text: string): boolean => /[*?]/.test(text);

const SEPARATORS = path.sep === '\\' ? /[\\/]/ : '/';

function matches(folder: string, [name, ...rest]: readonly string[]): string[] {
  if (name === undefined) return [];
  if (name === '**') {
    const deeper = entriesOf(folder).filter(
      (entry) => entry.isDirectory() && !isHidden(entry.name),
    );
    return [
      ...matches(folder, rest.length > 0 ? rest : ['*']),
      ...deeper.flatMap((entry) => matches(path.join(folder, entry.name), [name, ...rest])),
    ];
  }
  if (!isPattern(name)) return inside(path.join(folder, name), rest);
  const wanted = matcherOf(name);
  return entriesOf(folder)
    .filter((entry) => wanted.test(entry.name) && (name.startsWith('.') || !isHidden(entry.name)))
    .flatMap((entry) => inside(path.join(folder, entry.name), rest));
}

const inside = (found: string, rest: readonly string[]): string[] => {
  if (rest.length > 0) return matches(found, rest);
  return isFile(found) ? [found] : [];
};

const matcherOf = (name: string): RegExp => new RegExp(`^${sourceOf(name)}$`, 'su');

const sourceOf = (name: string): string =>
  name
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');

const isHidden = (name: string): boolean => name.startsWith('.');

/** What cannot be looked into holds nothing that matches. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
