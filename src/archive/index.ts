/**
 * A copy of a stream in files, beyond what the stream keeps, and back.
 *
 * @module tidemark/archive
 */
export {
  type ArchivedRecord,
  archiveBody,
  archiveName,
  readArchiveBody,
} from './archive-file.ts';
export {
  type ArchiveOptions,
  archiveFromEnvironment,
  archiveHandler,
  type PutFile,
  s3Bucket,
} from './handler.ts';
