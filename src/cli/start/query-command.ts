/** Where results can be looked up. */
export interface Results {
  readonly table: string;
  /** The server ends with the run, and takes them along. */
  readonly gone: boolean;
  readonly region: string;
  /** `undefined`: DynamoDB itself. */
  readonly endpoint: string | undefined;
  /** For servers that take any credentials but not none. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A complete command for the AWS command line that prints the windows of one key. */
export function queryCommand(results: Results, key: string): string {
  const { credentials, endpoint, region, table } = results;
  const words = [
    ...(credentials === undefined
      ? []
      : [
          `AWS_ACCESS_KEY_ID=${quoted(credentials.accessKeyId)}`,
          `AWS_SECRET_ACCESS_KEY=${quoted(credentials.secretAccessKey)}`,
        ]),
    `aws dynamodb query --region ${quoted(region)}`,
    ...(endpoint === undefined ? [] : [`--endpoint-url ${quoted(endpoint)}`]),
  ].join(' ');
  // `key` is a reserved word of DynamoDB, and stands behind a name here.
  return [
    `${words} --table-name ${quoted(table)}`,
    "  --key-condition-expression '#key = :key'",
    `  --expression-attribute-names ${quoted('{"#key":"key"}')}`,
    `  --expression-attribute-values ${quoted(jsonText({ ':key': { S: key } }))}`,
  ].join(' \\\n');
}

/** One word for a shell, whatever is in it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** JSON in which nothing steers the terminal that it is shown on. */
const jsonText = (value: unknown): string =>
  JSON.stringify(value).replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
    // Above 16 bits these are pairs, each half of which is escaped for itself.
    character.split('').map(escaped).join(''),
  );

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
