import { ConfigurationError } from '../../errors.ts';

/**
 * What needs the AWS SDK, loaded where it is needed: who runs a pipeline over files needs none.
 *
 * @throws ConfigurationError PEER_MISSING if it is not installed
 */
export async function loaded<Module>(module: Promise<Module>, packages = CLIENTS): Promise<Module> {
  try {
    return await module;
  } catch (error) {
    const { code, message = '' } = error as Partial<NodeJS.ErrnoException>;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes('@aws-sdk/')) throw error;
    throw new ConfigurationError(
      'PEER_MISSING',
      'this command speaks to AWS, and its SDK is not installed',
      `Install it: npm install ${packages}`,
    );
  }
}

const CLIENTS = '@aws-sdk/client-dynamodb @aws-sdk/client-kinesis';
