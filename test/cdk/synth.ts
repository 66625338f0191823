import { Template } from 'aws-cdk-lib/assertions';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import { App, Stack } from 'aws-cdk-lib/core';
import { Pipeline, type PipelineProps } from '../../src/cdk/index.ts';
import { clicksPlan } from '../aws/plan.ts';

/** The properties of a resource in a template. */
export type Properties = Readonly<Record<string, unknown>>;

/** One resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Properties;
  readonly DeletionPolicy?: string;
}

/** A stack with one stream of four shards, and no code bundled: that is for one test of its own. */
export function emptyStack(region?: string): {
  readonly stack: Stack;
  readonly clicks: kinesis.Stream;
} {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [], ...MINIMAL_POLICIES } });
  const stack = new Stack(app, 'Test', region === undefined ? {} : { env: { region } });
  const clicks = new kinesis.Stream(stack, 'Clicks', { shardCount: 4 });
  return { stack, clicks };
}

const MINIMAL_POLICIES = { '@aws-cdk/aws-iam:minimizePolicies': true };

/** A pipeline in a stack of its own; `change` sees the stack before. */
export function pipelineWith(
  change: (stack: Stack, clicks: kinesis.Stream) => Partial<PipelineProps> = () => ({}),
  region?: string,
): { readonly stack: Stack; readonly clicks: kinesis.Stream; readonly made: Pipeline } {
  const { stack, clicks } = emptyStack(region);
  const made = new Pipeline(stack, 'Pipeline', {
    plan: clicksPlan(),
    entry: 'functions/clickstream/handler.ts',
    sources: { clicks },
    ...change(stack, clicks),
  });
  return { stack, clicks, made };
}

/** The resources of one type, by logical id. */
export const resources = (stack: Stack, type: string): Record<string, TemplateResource> =>
  Template.fromStack(stack).findResources(type) as Record<string, TemplateResource>;

/** The only resource of a type whose logical id contains `part`. */
export function resource(stack: Stack, type: string, part = ''): TemplateResource {
  const found = Object.entries(resources(stack, type)).filter(([id]) => id.includes(part));
  const [one] = found;
  if (one === undefined || found.length > 1) {
    throw new Error(`${found.length} resources of ${type} have "${part}" in their name`);
  }
  return one[1];
}
