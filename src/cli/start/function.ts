import { lambdaHandler } from '../../runtime/lambda/index.ts';
import { clients, pushClient } from './deployment.ts';
import {
  type FunctionSettings,
  type Hosted,
  type HostedEvent,
  SETTINGS_VARIABLE,
  type ToldByFunction,
} from './function-settings.ts';
import { planOf } from './reference-plans.ts';
import { tellingOptions } from './telling.ts';

/**
 * The function as `npm start` runs it, in a process of its own: what the Lambda function of the
 * reference deployment is made of, and telling what it does.
 */
const { connection, hosted, isWatched } = JSON.parse(
  process.env[SETTINGS_VARIABLE] ?? '{"hosted":[]}',
) as FunctionSettings;

const reached = {
  ...clients(connection),
  pushingTo: (endpoint: string) => pushClient(connection, endpoint),
};

const handlers = new Map(hosted.map((one) => [one.choice.name, handlerOf(one)] as const));

/** Of the one pipeline, or of the one that the event names. */
export const handler: ReturnType<typeof lambdaHandler> = async (event, context) => {
  const [only] = handlers.values();
  if (handlers.size === 1 && only !== undefined) return only(event, context);
  const { pipeline, event: own } = event as HostedEvent;
  const named = handlers.get(pipeline);
  if (named === undefined) throw new TypeError(`no function of ${pipeline} lives here`);
  return named(own, context);
};

function handlerOf({ choice, places }: Hosted): ReturnType<typeof lambdaHandler> {
  const { name: pipeline } = choice;
  const tell = (message: ToldByFunction['message']): void => {
    process.send?.({ pipeline, message } satisfies ToldByFunction);
  };
  const options = { ...reached, places, isWatched, tell, producer: pipeline };
  return lambdaHandler(planOf(choice), tellingOptions(options));
}
