import type { Deployment } from './deployment.ts';
import type { Job } from './job.ts';
import type { StartOptions } from './options.ts';
import { queryCommand } from './query-command.ts';

/** What a person should know before the view begins: where results appear, and how it goes on. */
export function welcomeText(
  { speed }: StartOptions,
  { connection, isEmbedded, streamName, tables }: Deployment,
  { ends, input }: Job,
  consoleUrl?: string,
): string {
  const { kinesisEndpoint, dynamodbEndpoint, region, credentials } = connection;
  const results = {
    table: tables.pageClicks,
    gone: false,
    region,
    endpoint: dynamodbEndpoint,
    ...(credentials && { credentials }),
  };
  const pace = speed === 'max' ? 'as fast as possible' : `at ${speed} times real time`;
  const left = `The stream and the tables ${streamName}-* stay there when this ends.`;
  return [
    `Playing ${input} ${pace} into the stream ${streamName} at ${kinesisEndpoint}.`,
    ...(consoleUrl === undefined ? [] : [`Watch it at ${consoleUrl}`]),
    `Results appear in the table ${tables.pageClicks}; from another terminal, ask for one page with`,
    '',
    queryCommand(results, '/'),
    '',
    ...(isEmbedded ? [] : [left]),
    ends ? 'Once all windows are closed, the results are checked. Ctrl-C ends.' : 'Ctrl-C ends.',
    '',
  ].join('\n');
}
