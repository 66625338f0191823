import { type InputLane, LANE_LINES } from './input-lane.ts';
import { checkLineFile, lineBatches } from './line-file.ts';

/**
 * A file of lines, plain or gzip, as a lane.
 *
 * @throws ConfigurationError INPUT_INVALID if it cannot be one
 */
export function fileLane(file: string): InputLane {
  const { size, mtimeMs } = checkLineFile(file);
  return Object.freeze({
    name: file,
    version: `${size} bytes of ${new Date(mtimeMs).toISOString()}`,
    bytes: size,
    read: () => lineBatches(file, LANE_LINES),
  });
}
