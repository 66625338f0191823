import { readFileSync } from 'node:fs';
import { isAfter } from '../engine/position.ts';
import { ConfigurationError, FormatError } from '../errors.ts';
import {
  type ArchivedRecord,
  type ArchiveName,
  parseArchiveName,
  readArchiveBody,
} from './archive-file.ts';

/** A file of an archive on this machine. */
export type ArchiveFile = ArchiveName & { readonly path: string };

/** Files of an archive by the lanes that they are of, in the order of their first records. */
export type Archive = ReadonlyMap<string, readonly ArchiveFile[]>;

/** @throws ConfigurationError INPUT_INVALID for a file that is named as none of an archive */
export function archiveOf(paths: readonly string[]): Archive {
  const archive = new Map<string, ArchiveFile[]>();
  for (const path of paths) {
    const name = parseArchiveName(path);
    if (name === undefined) throw unnamed(path);
    const files = archive.get(name.lane) ?? [];
    files.push({ ...name, path });
    archive.set(name.lane, files);
  }
  for (const files of archive.values()) files.sort((a, b) => compare(a.first, b.first));
  return archive;
}

/** The last position that a lane has in the archive. */
export const lastOf = (files: readonly ArchiveFile[]): string =>
  files.map(({ last }) => last).reduce((a, b) => (isAfter(b, a) ? b : a), '0');

/** The records of a lane after a position, each once: files may overlap where a batch came again. */
export function* recordsOf(
  files: readonly ArchiveFile[],
  after: string,
): Generator<readonly ArchivedRecord[]> {
  let reached = after;
  for (const file of files) {
    if (!isAfter(file.last, reached)) continue;
    const records = readFile(file).filter(({ position }) => isAfter(position, reached));
    reached = records.at(-1)?.position ?? reached;
    if (records.length > 0) yield records;
  }
}

/** When the first record of a stream arrived that an archive has, ms; Infinity: it has none. */
export function archivedSince(archive: Archive, streamName: string): number {
  const firsts = [...archive]
    .filter(([lane]) => lane.startsWith(`${streamName}@`))
    .flatMap(([, [first]]) => (first === undefined ? [] : readFile(first).slice(0, 1)));
  return Math.min(...firsts.map(({ arrivalTime }) => arrivalTime));
}

function readFile({ path }: ArchiveFile): ArchivedRecord[] {
  try {
    return readArchiveBody(readFileSync(path));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`'${path}' is no part of an archive`, {
      hint: error.hint ?? '',
      cause: error,
    });
  }
}

const compare = (a: string, b: string): number => (a === b ? 0 : isAfter(a, b) ? 1 : -1);

const unnamed = (path: string): ConfigurationError =>
  new ConfigurationError(
    'INPUT_INVALID',
    `'${path}' is not named as a file of an archive`,
    'Keep the folders: <stream>@<creation time>/<year>/<month>/<day>/<hour>/<shard>/<first>-<last>.jsonl.gz.',
  );
