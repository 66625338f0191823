import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { type Duration, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Deployment } from './deployment.ts';
import { checkEnvironmentOf } from './environment-size.ts';
import { given } from './given.ts';
import { ACTIONS, grantOn } from './permissions.ts';

/** What may be chosen about one of the functions. */
export interface FunctionSettings
  extends Pick<
    lambda.FunctionOptions,
    | 'timeout'
    | 'reservedConcurrentExecutions'
    | 'environment'
    | 'ephemeralStorageSize'
    | 'layers'
    | 'insightsVersion'
    | 'vpc'
    | 'vpcSubnets'
    | 'securityGroups'
    | 'loggingFormat'
    | 'systemLogLevelV2'
    | 'applicationLogLevelV2'
  > {
  /** MB. Default 1,769: with it a function has one whole processor, and a handler uses no more. */
  readonly memorySize?: number;
}

/** Where the code of the functions comes from. */
export interface CodeSettings {
  /** The file that exports the handler: a path from the working directory, or a URL. */
  readonly entry: string | URL;
  /** The name of the export. Default `handler`. */
  readonly handler?: string;
  /** What esbuild is told, over the defaults: minified CommonJS with source maps, the AWS SDK included. */
  readonly bundling?: BundlingOptions;
  /** Default: the folder of the lock file. */
  readonly projectRoot?: string;
  /** Default: the lock file of the working directory, or of one above it. */
  readonly depsLockFilePath?: string;
}

/** What one of the two functions of a pipeline is made of. */
export interface PipelineFunctionProps {
  readonly description: string;
  readonly code: CodeSettings;
  readonly settings: FunctionSettings;
  /** Where the settings say nothing. */
  readonly timeout: Duration;
  readonly deployment: Deployment;
  readonly tracing: boolean;
}

/** One processor; the price goes by the memory, and so does the processor. */
const MEMORY_MB = 1_769;

/**
 * A function with a role and a log group of its own. The role may write that log, and for the rest
 * what it is granted.
 */
export class PipelineFunction extends Construct {
  readonly function: lambda.Function;
  readonly memoryMb: number;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    const { code, settings, deployment, tracing } = props;
    const { removalPolicy, logRetention, encryptionKey } = deployment;
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: props.description,
    });
    const logGroup = new LogGroup(this, 'Log', {
      retention: logRetention,
      removalPolicy,
      ...given({ encryptionKey }),
    });
    logGroup.grantWrite(role);
    // CDK gives this to roles of its own alone, by a policy that also lets them write every log.
    if (settings.vpc) grantOn(role, '*', ACTIONS.networkInterfaces);
    this.memoryMb = settings.memorySize ?? MEMORY_MB;
    this.function = new NodejsFunction(this, 'Function', {
      ...settings,
      ...bundleOf(code),
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: this.memoryMb,
      timeout: settings.timeout ?? props.timeout,
      // Stack traces name lines of the source; it costs a cold start some 30 ms.
      environment: { NODE_OPTIONS: '--enable-source-maps', ...settings.environment },
      role,
      logGroup,
      tracing: tracing ? lambda.Tracing.ACTIVE : lambda.Tracing.DISABLED,
    });
    checkEnvironmentOf(this.function);
    if (tracing) Validations.of(role).acknowledge(TRACES_HAVE_NO_RESOURCE);
    if (settings.vpc) Validations.of(role).acknowledge(INTERFACES_HAVE_NO_RESOURCE);
  }
}

/**
 * Measured on the reference pipeline, processor time to load: the SDK bundled from its ES modules 115
 * to 140 ms in 590 KB; bundled from its CommonJS 205 ms in 820 KB; the runtime's own copy 180 ms.
 */
function bundleOf({ entry, handler, bundling, projectRoot, depsLockFilePath }: CodeSettings) {
  return {
    entry: entry instanceof URL ? fileURLToPath(entry) : path.resolve(entry),
    handler: handler ?? 'handler',
    ...given({ projectRoot, depsLockFilePath }),
    bundling: {
      format: OutputFormat.CJS,
      target: 'node24',
      minify: true,
      // Errors are told apart by name in logs, also those of the pipeline's own functions.
      keepNames: true,
      sourceMap: true,
      sourcesContent: false,
      bundleAwsSDK: true,
      mainFields: ['module', 'main'],
      ...bundling,
    },
  };
}

const TRACES_HAVE_NO_RESOURCE = {
  id: 'AwsSolutions-IAM5[Resource::*]',
  reason: 'xray:PutTraceSegments and xray:PutTelemetryRecords know no resources.',
};

const INTERFACES_HAVE_NO_RESOURCE = {
  id: 'AwsSolutions-IAM5[Resource::*]',
  reason: 'Lambda gives the function network interfaces in its VPC, which nobody can name before.',
};
