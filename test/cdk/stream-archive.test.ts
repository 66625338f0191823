import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { expect, test } from 'vitest';
import { StreamArchive, type StreamArchiveProps } from '../../src/cdk/index.ts';
import { emptyStack, resource, resources } from './synth.ts';

const archiveWith = (props: Partial<StreamArchiveProps> = {}, region?: string) => {
  const { stack, clicks } = emptyStack(region);
  const entry = 'functions/clickstream/handler.ts';
  const made = new StreamArchive(stack, 'Archive', { stream: clicks, entry, ...props });
  return { stack, made };
};

test('the function reads the stream as the guarantees ask, in large batches', () => {
  const { stack } = archiveWith();
  expect(resource(stack, 'AWS::Lambda::EventSourceMapping').Properties).toMatchObject({
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 10_000,
    MaximumBatchingWindowInSeconds: 60,
    ParallelizationFactor: 1,
    MaximumRetryAttempts: -1,
    MaximumRecordAgeInSeconds: -1,
    BisectBatchOnFunctionError: true,
  });
  expect(resource(stack, 'AWS::Lambda::Function', 'Write').Properties).toMatchObject({
    Environment: { Variables: { TIDEMARK_ARCHIVE: expect.anything() } },
  });
});

test('it may write files below its prefix, and nothing else of the bucket', () => {
  const { stack } = archiveWith({ prefix: 'raw/' });
  const text = JSON.stringify(resources(stack, 'AWS::IAM::Policy'));
  expect(text.match(/"s3:\w+"/g)).toEqual(['"s3:PutObject"']);
  expect(text).toContain('/raw/*');
  expect(text).not.toContain('"Resource":"*"');
});

test('the bucket is closed, encrypted, and outlives the stack unless it is for development', () => {
  const { stack } = archiveWith();
  const bucket = resource(stack, 'AWS::S3::Bucket');
  expect(bucket.DeletionPolicy).toBe('Retain');
  expect(bucket.Properties).toMatchObject({
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    BucketEncryption: expect.anything(),
  });
  const dev = archiveWith({ stage: 'dev' });
  expect(resource(dev.stack, 'AWS::S3::Bucket').DeletionPolicy).toBe('Delete');
});

test('a bucket of its own and a key can be brought in', () => {
  const { stack, clicks } = emptyStack('eu-west-1');
  const encryptionKey = new kms.Key(stack, 'Key');
  const bucket = new s3.Bucket(stack, 'Own', { encryptionKey });
  const entry = 'functions/clickstream/handler.ts';
  new StreamArchive(stack, 'Archive', { stream: clicks, entry, bucket, encryptionKey });
  expect(Object.keys(resources(stack, 'AWS::S3::Bucket'))).toHaveLength(1);
  expect(JSON.stringify(resources(stack, 'AWS::IAM::Policy'))).toContain('kms:GenerateDataKey');
});

test('a mapping that would pass over records is refused', () => {
  const mapping = { maxBatchingWindow: Duration.minutes(2), parallelizationFactor: 2 };
  expect(() => archiveWith({ mapping })).toThrowError(/parallelizationFactor/);
});
