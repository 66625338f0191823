import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import { Names } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Deployment } from './deployment.ts';
import { ACTIONS, grantReadStream, grantWriteStream } from './permissions.ts';
import type { SinkBinding } from './sink-binding.ts';

/** How a stream for results is bound. */
export interface StreamSinkSettings {
  /**
   * By which name readers of the stream tell this pipeline from others that write to it. Default: made of
   * where in the app the sink is. Change it, and what is under way may be there twice.
   */
  readonly producer?: string;
}

/** A Kinesis stream as a sink: one that exists, or one that is created, on demand and encrypted. */
export function streamSink(
  existing?: kinesis.IStream,
  { producer }: StreamSinkSettings = {},
): SinkBinding {
  return {
    bind(scope, { writers, deployment }) {
      const stream = existing ?? createStream(scope, deployment);
      for (const writer of writers) grantWriteStream(writer, stream);
      return {
        resource: {
          kind: 'stream',
          name: stream.streamName,
          producer: producer ?? Names.uniqueResourceName(scope, { maxLength: 200 }),
        },
        grantRead: (grantee) => void grantReadStream(grantee, stream, ACTIONS.trigger),
      };
    },
  };
}

const createStream = (scope: Construct, { encryptionKey, removalPolicy }: Deployment) =>
  new kinesis.Stream(scope, 'Stream', {
    streamMode: kinesis.StreamMode.ON_DEMAND,
    removalPolicy,
    ...(encryptionKey
      ? { encryption: kinesis.StreamEncryption.KMS, encryptionKey }
      : { encryption: kinesis.StreamEncryption.MANAGED }),
  });
