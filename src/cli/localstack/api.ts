import { LocalStackError } from './failure.ts';
import { CREDENTIALS, type Place, REGION } from './place.ts';

/** A part of AWS that has no client here, and is asked too little to need one. */
type Service = 'cloudformation' | 'monitoring';

const VERSIONS: Readonly<Record<Service, string>> = {
  cloudformation: '2010-05-15',
  monitoring: '2010-08-01',
};

/**
 * Asks a service with a query protocol, which LocalStack also answers as JSON. It checks no signatures.
 *
 * @throws LocalStackError API_FAILED; `undefined` is what a thing that is not there is
 */
export async function ask(
  { endpoint }: Place,
  service: Service,
  action: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Record<string, unknown> | undefined> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=none`,
    },
    body: new URLSearchParams({ Action: action, Version: VERSIONS[service], ...parameters }),
  });
  const text = await answer.text();
  if (answer.ok) {
    const said = JSON.parse(text) as Record<string, Record<string, Record<string, unknown>>>;
    return said[`${action}Response`]?.[`${action}Result`] ?? {};
  }
  if (/does not exist|ResourceNotFound/.test(text)) return undefined;
  throw new LocalStackError(
    'API_FAILED',
    `${service} ${action} was answered with ${answer.status}: ${text.slice(0, 300)}`,
    'See localstack.log in the folder of the run.',
  );
}

/** The members of a list, as the answers hold them. */
export function membersOf(list: unknown): readonly Readonly<Record<string, string>>[] {
  const member = (list as { readonly member?: unknown } | null | undefined)?.member;
  return [member ?? []].flat() as Record<string, string>[];
}
