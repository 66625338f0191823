import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Duration, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Deployment } from './deployment.ts';
import { given } from './given.ts';
import { grantSend } from './permissions.ts';

/**
 * What a trigger gave up is told here: never a record, only where it lies. Empty as long as all is
 * well; an alarm watches it.
 */
export class GivenUpQueue extends Construct implements lambda.IEventSourceDlq, lambda.IDestination {
  readonly queue: sqs.Queue;
  readonly #key: Deployment['encryptionKey'];

  constructor(scope: Construct, id: string, { removalPolicy, encryptionKey }: Deployment) {
    super(scope, id);
    this.#key = encryptionKey;
    this.queue = new sqs.Queue(this, 'Queue', {
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
      removalPolicy,
      encryption: encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
      ...given({ encryptionMasterKey: encryptionKey }),
    });
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is itself the place for what failed; nobody consumes it but people.',
    });
  }

  bind(): lambda.DlqDestinationConfig {
    return { destination: this.queue.queueArn };
  }

  grantSend(grantee: iam.IGrantable): void {
    grantSend(grantee, this.queue, this.#key);
  }
}
