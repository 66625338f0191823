import { App, Tags, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from './nag.ts';
import { settingsOf } from './settings.ts';
import { TidemarkStack } from './stack.ts';

const app = new App();
const settings = settingsOf((key) => app.node.tryGetContext(key));
const stack = new TidemarkStack(app, `tidemark-${settings.stage}`, settings);
Tags.of(stack).add('application', stack.stackName);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
