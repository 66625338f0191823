import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { CfnOutput } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type AlarmSettings, Pipeline, type PipelineProps } from 'tidemark/cdk';
import { type StreamSettings, streamOf } from './streams.ts';

/** What else a plan may need, such as the tables of its lookups, goes to the pipeline as it is. */
export interface FolderPipelineProps
  extends StreamSettings,
    Partial<Omit<PipelineProps, 'plan' | 'stage' | 'entry' | 'alarms'>> {
  /** Named as its folder in functions/. */
  readonly plan: PipelineProps['plan'];
  /** Who is told of its alarms. */
  readonly topic: sns.ITopic;
  /** When they go off, and where the steps are. */
  readonly alarms?: Omit<AlarmSettings, 'actions'>;
}

/**
 * A folder of functions/, deployed: the handler of `functions/<name of the plan>`, bundled from the
 * sources of this repository, with a stream for each source of the plan.
 */
export class FolderPipeline extends Pipeline {
  constructor(scope: Construct, id: string, props: FolderPipelineProps) {
    const { plan, topic, stage, onDemand, shards, ...rest } = props;
    super(scope, id, {
      bundling: { esbuildArgs: { '--conditions': 'tidemark-source,module' } },
      ...rest,
      plan,
      stage,
      entry: new URL(`../functions/${plan.name}/handler.ts`, import.meta.url),
      sources: { ...createStreams(scope, props), ...rest.sources },
      alarms: { ...rest.alarms, actions: [new SnsAction(topic)] },
    });
    this.#tell();
  }

  /** What whoever uses the deployment has to know. */
  #tell(): void {
    const { control, state, sinkTables } = this;
    for (const [name, { tableName }] of Object.entries({ control, state, ...sinkTables })) {
      new CfnOutput(this, `Table-${name}`, { value: tableName });
    }
    new CfnOutput(this, 'GatherFunction', { value: this.gather.function.functionName });
    new CfnOutput(this, 'FireFunction', { value: this.fire.function.functionName });
    new CfnOutput(this, 'GivenUpQueue', { value: this.givenUp.queueUrl });
  }
}

function createStreams(
  scope: Construct,
  { plan, sources = {}, ...settings }: FolderPipelineProps,
): Record<string, Stream> {
  const names = plan.sources
    .map(({ name }) => name)
    .filter((name) => !Object.hasOwn(sources, name));
  return Object.fromEntries(names.map((name) => [name, streamOf(scope, name, settings)]));
}
