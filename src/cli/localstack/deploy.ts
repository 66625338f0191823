import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { ask, membersOf } from './api.ts';
import { LocalStackError } from './failure.ts';
import { ACCOUNT, awsEnvironment, type Place, REGION, ROOT } from './place.ts';
import { runTool } from './run-tool.ts';
import type { ServerOptions } from './server.ts';

/** The reference stack as it is deployed: its pipeline of the clickstream, which the sample is sent to. */
export interface DeployedStack {
  readonly name: string;
  readonly stream: string;
  readonly tables: {
    readonly control: string;
    readonly state: string;
    readonly pageClicks: string;
    readonly deadLetters: string;
  };
  readonly gather: string;
  readonly fire: string;
  /** The address of the queue of what triggers gave up. */
  readonly givenUp: string;
  /** Types of resources that LocalStack only pretends to have made; dashboards are put afterwards. */
  readonly pretended: readonly string[];
  /** The folder with the template. */
  readonly synthesized: string;
  /** The file with all outputs of the stack. */
  readonly outputs: string;
}

const STACK = 'tidemark-dev';
const TOOLKIT = 'CDKToolkit';
const UNFINISHED_MS = 120_000;

/**
 * Deploys `infra/` as it is to a LocalStack that runs, with so many shards. What is deployed already is
 * left alone.
 *
 * @throws LocalStackError DEPLOY_FAILED, DEPLOY_UNFINISHED
 */
export async function deployStack(options: ServerOptions, shards: number): Promise<DeployedStack> {
  const { place, steps } = options;
  const files = filesOf(place);
  // In a folder of the run: the one of the repository is locked by whoever synthesizes there.
  const output = ['--output', files.synthesized];
  if ((await statusOf(place, TOOLKIT)) !== 'CREATE_COMPLETE') {
    await steps.step('preparing it for CDK', (tell) =>
      cdk(options, ['bootstrap', `aws://${ACCOUNT}/${REGION}`, ...output], tell),
    );
  }
  await steps.step(`deploying ${STACK}`, async (tell) => {
    await untilFinished(place, tell);
    await cdk(
      options,
      [
        ...['deploy', STACK, '--require-approval', 'never', '--progress', 'events'],
        ...['--context', 'stage=dev', '--context', `shards=${shards}`],
        ...[...output, '--outputs-file', files.outputs],
      ],
      tell,
    );
  });
  return describeStack(place);
}

/** What a stack consists of, by the names of CDK. */
export async function resourcesOf(
  place: Place,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const answer = await ask(place, 'cloudformation', 'DescribeStackResources', { StackName: STACK });
  return membersOf(answer?.StackResources);
}

async function describeStack(place: Place): Promise<DeployedStack> {
  const { outputs: file, synthesized } = filesOf(place);
  const all = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  const outputs = Object.entries(all[STACK] ?? {});
  const output = (prefix: string): string => {
    const found = outputs.find(([name]) => name.startsWith(prefix))?.[1];
    if (found !== undefined) return found;
    throw new LocalStackError('DEPLOY_FAILED', `the stack has no output ${prefix}`, AGAIN);
  };
  const resources = await resourcesOf(place);
  const pretended = resources.filter(
    ({ ResourceStatusReason = '', ResourceType }) =>
      ResourceStatusReason.includes('fallback') && ResourceType !== 'AWS::CloudWatch::Dashboard',
  );
  return {
    name: STACK,
    stream: output('Streamclicks'),
    tables: {
      control: output('ClickstreamTablecontrol'),
      state: output('ClickstreamTablestate'),
      pageClicks: output('ClickstreamTablepageclicks'),
      deadLetters: output('ClickstreamTabledeadletters'),
    },
    gather: output('ClickstreamGatherFunction'),
    fire: output('ClickstreamFireFunction'),
    givenUp: output('ClickstreamGivenUpQueue'),
    pretended: [...new Set(pretended.map(({ ResourceType = '' }) => ResourceType))].sort(),
    synthesized,
    outputs: file,
  };
}

const filesOf = ({ run }: Place) => ({
  outputs: path.join(run, 'outputs.json'),
  synthesized: path.join(run, 'cdk.out'),
  log: path.join(run, 'deploy.log'),
});

const AGAIN = 'Begin again from nothing: npm run localstack:down, then npm run localstack.';

function cdk(
  { place, env, signal }: ServerOptions,
  args: readonly string[],
  tell: (detail: string) => void,
): Promise<void> {
  return runTool({
    command: path.join(ROOT, 'node_modules/.bin/cdklocal'),
    args,
    cwd: ROOT,
    env: awsEnvironment(place, env),
    log: filesOf(place).log,
    signal,
    onLine: tell,
    code: 'DEPLOY_FAILED',
    what: `cdklocal ${args[0]}`,
    hint: AGAIN,
  });
}

async function statusOf(place: Place, stack: string): Promise<string | undefined> {
  const answer = await ask(place, 'cloudformation', 'DescribeStacks', { StackName: stack });
  return membersOf(answer?.Stacks)[0]?.StackStatus;
}

/** A deployment that was interrupted goes on without us, and would be in the way of the next. */
async function untilFinished(place: Place, tell: (detail: string) => void): Promise<void> {
  const patience = AbortSignal.timeout(UNFINISHED_MS);
  for (;;) {
    const status = await statusOf(place, STACK);
    if (status?.endsWith('_IN_PROGRESS') !== true) return;
    if (patience.aborted) {
      throw new LocalStackError(
        'DEPLOY_UNFINISHED',
        `an earlier deployment of ${STACK} does not come to its end: it is in ${status}`,
        AGAIN,
      );
    }
    tell(`an earlier deployment is in ${status}`);
    await sleepFor(500);
  }
}
