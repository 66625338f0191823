import type { ServerResponse } from 'node:http';

/** What API Gateway answers to what is asked of a connection: an error by its name, which its client throws. */
export const pushAnswers = (response: ServerResponse) => ({
  sent: (): void => end(response, 200),
  ended: (): void => end(response, 204),
  gone: (): void => end(response, 410, 'GoneException'),
  forbidden: (): void => end(response, 403, 'ForbiddenException'),
  tooLarge: (): void => {
    // What is left of it is not read.
    response.setHeader('connection', 'close');
    end(response, 413, 'PayloadTooLargeException');
  },
  misdirected: (): void => end(response, 421, 'ForbiddenException'),
});

function end(response: ServerResponse, status: number, error?: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(error && { 'x-amzn-errortype': error }),
  });
  response.end(error === undefined ? '' : JSON.stringify({ message: error }));
}
