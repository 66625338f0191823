import { ConfigurationError, FencedError } from '../errors.ts';
import type { Key, Store } from '../store/store.ts';
import { MIN_TIME } from '../time/watermark.ts';

/** One of several results of a pipeline: the first has no name, the others were made by replays. */
export interface ResultVersion {
  readonly version: string;
  /** Windows that start after it are whole in this version, ms. */
  readonly wholeAfter: number;
}

/** Of the deployment itself. */
const FIRST: ResultVersion = { version: '', wholeAfter: MIN_TIME };

/** In the control table of the deployment. No stage can be called so: a slash is in no name. */
const ACTIVE: Key = { pk: 'tidemark/versions', sk: 'active' };

const begunKey = (version: string): Key => ({ pk: ACTIVE.pk, sk: `begun#${version}` });

/** The versions that readers see, the newest first; the last one is that of the deployment. */
export async function readVersions(store: Pick<Store, 'get'>): Promise<readonly ResultVersion[]> {
  return (await readActive(store)).versions;
}

/** The name of a table of a version, from that of the deployment. */
export const tableOfVersion = (table: string, version: string): string =>
  version === '' ? table : `${table}-${version}`;

/** @throws ConfigurationError VERSION_INVALID for what can be no end of a table's name */
export function checkVersion(version: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,29}$/.test(version)) return;
  throw new ConfigurationError(
    'VERSION_INVALID',
    `a version is named ${JSON.stringify(version)}`,
    'Use 1 to 30 letters, digits, dots, hyphens and underscores, beginning with a letter or digit.',
  );
}

/** Where a version began, as its first replay was told. */
export interface Begun {
  /** In the words of whoever asked for it. */
  readonly from: string;
  readonly wholeAfter: number;
}

/** `undefined`: there is no such version. */
export async function readBegun(
  store: Pick<Store, 'get'>,
  version: string,
): Promise<Begun | undefined> {
  const item = await store.get('control', begunKey(version));
  return item && { from: String(item.from), wholeAfter: Number(item.wholeAfter) };
}

/** Writes down where a version begins, unless somebody has. */
export async function begin(
  store: Pick<Store, 'update'>,
  version: string,
  { from, wholeAfter }: Begun,
): Promise<void> {
  const set = { from, wholeAfter };
  await store.update('control', begunKey(version), { set }, { exists: false });
}

/**
 * Makes readers take a version wherever it is whole. One that they take already becomes the newest.
 *
 * @throws FencedError if somebody else has done something of the kind meanwhile
 */
export async function activate(store: Store, made: ResultVersion): Promise<void> {
  const { versions, count } = await readActive(store);
  const others = versions.filter(({ version }) => version !== made.version && version !== '');
  const set = { versions: [made, ...others].map(versionText), count: count + 1 };
  const condition = count === 0 ? { exists: false } : { equals: { count } };
  if ((await store.update('control', ACTIVE, { set }, condition)) !== undefined) return;
  throw new FencedError('somebody else has swapped versions meanwhile');
}

/** The version that a window is read from. */
export const versionAt = (versions: readonly ResultVersion[], windowStart: number): string =>
  (versions.find(({ wholeAfter }) => windowStart > wholeAfter) ?? FIRST).version;

async function readActive(store: Pick<Store, 'get'>) {
  const item = await store.get('control', ACTIVE);
  const texts = (item?.versions ?? []) as readonly string[];
  return { versions: [...texts.map(parseVersion), FIRST], count: Number(item?.count ?? 0) };
}

const versionText = ({ version, wholeAfter }: ResultVersion): string => `${wholeAfter} ${version}`;

function parseVersion(text: string): ResultVersion {
  const [wholeAfter = '', version = ''] = text.split(' ');
  return { version, wholeAfter: Number(wholeAfter) };
}
