// Minimal pure-JS AWS Lambda Runtime Interface Client (no native addon): Node 18+.

import { existsSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const call = (method, p, body, headers = {}) =>
  new Promise((resolve, reject) => {
    const req = http.request(
      {
        host,
        port,
        method,
        agent,
        path: `/2018-06-01/runtime${p}`,
        headers:
          body === undefined ? headers : { 'Content-Length': Buffer.byteLength(body), ...headers },
      },
      (res) => {
        const chunks = [];
        res.on('data', (c) => chunks.push(c));
        res.on('end', () =>
          resolve({ headers: res.headers, body: Buffer.concat(chunks).toString('utf8') }),
        );
        res.on('error', reject);
      },
    );
    req.on('error', reject);
    req.end(body);
  });
const toError = (e) =>
  JSON.stringify(
    e instanceof Error
      ? { errorType: e.name, errorMessage: e.message, trace: (e.stack ?? '').split('\n') }
      : { errorType: typeof e, errorMessage: String(e), trace: [] },
  );

async function load() {
  const root = process.env.LAMBDA_TASK_ROOT;
  const spec = process.env._HANDLER;
  const dot = spec.lastIndexOf('.');
  const [mod, name] = [spec.slice(0, dot), spec.slice(dot + 1)];
  const file = ['.mjs', '.js', '.cjs', '']
    .map((x) => path.resolve(root, mod + x))
    .find((f) => existsSync(f));
  if (!file)
    throw Object.assign(new Error(`Cannot find module '${mod}'`), {
      name: 'Runtime.ImportModuleError',
    });
  let m;
  try {
    m = await import(pathToFileURL(file).href);
  } catch (e) {
    if (file.endsWith('.mjs')) throw e;
    m = createRequire(path.join(root, 'x.js'))(file);
  }
  const fn = m[name] ?? m.default?.[name];
  if (typeof fn !== 'function')
    throw Object.assign(new Error(`${spec} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  return fn;
}

let handler;
try {
  handler = await load();
} catch (e) {
  console.error(e);
  await call('POST', '/init/error', toError(e), {
    'Lambda-Runtime-Function-Error-Type': e?.name ?? 'Error',
  });
  process.exit(1);
}

for (;;) {
  let next;
  try {
    next = await call('GET', '/invocation/next');
  } catch {
    process.exit(0);
  }
  const h = next.headers;
  const id = h['lambda-runtime-aws-request-id'];
  if (!id) process.exit(0);
  const deadline = Number(h['lambda-runtime-deadline-ms']);
  if (h['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = h['lambda-runtime-trace-id'];
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: h['lambda-runtime-invoked-function-arn'],
    awsRequestId: id,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  try {
    const out = await new Promise((resolve, reject) => {
      const r = handler(JSON.parse(next.body || 'null'), context, (e, v) =>
        e ? reject(e) : resolve(v),
      );
      if (r && typeof r.then === 'function') r.then(resolve, reject);
      else if (handler.length < 3) resolve(r);
    });
    await call('POST', `/invocation/${id}/response`, JSON.stringify(out ?? null));
  } catch (e) {
    console.error(`${id}\tERROR\tInvoke Error\t${toError(e)}`);
    await call('POST', `/invocation/${id}/error`, toError(e), {
      'Lambda-Runtime-Function-Error-Type': e?.name ?? 'Error',
    });
  }
}
