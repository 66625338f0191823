import { TidemarkError } from '../../errors.ts';

/** What stands in the way of running on LocalStack. */
export class LocalStackError extends TidemarkError {
  readonly code: LocalStackErrorCode;

  constructor(code: LocalStackErrorCode, message: string, hint: string) {
    super(message, { hint });
    this.code = code;
  }
}

export type LocalStackErrorCode =
  | 'TOOL_MISSING'
  | 'INSTALL_FAILED'
  | 'PORT_TAKEN'
  | 'START_FAILED'
  | 'STOP_FAILED'
  | 'DEPLOY_FAILED'
  | 'DEPLOY_UNFINISHED'
  | 'API_FAILED'
  | 'EVENT_TIME'
  | 'NOT_SETTLED';
