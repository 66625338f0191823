import { createHash } from 'node:crypto';
import type { Output } from './sink.ts';

/**
 * An output's identity as text of 43 letters, digits, hyphens and underscores: the same for the same
 * output of the same producer, and for no other.
 */
export const identityOf = (
  producer: string,
  { stage, bucket, slot, chunk, key, index }: Output,
): string => digest(JSON.stringify([producer, stage, bucket, slot, chunk, key, index]));

export const digest = (text: string): string =>
  createHash('sha256').update(text).digest('base64url');
