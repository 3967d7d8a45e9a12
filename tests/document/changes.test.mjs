// Whether the document's version number fits what changed since the last release.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const redocly = path('../../target/document-tools/node_modules/.bin/redocly');
const released = path('../../openapi/released/acquire.json');
const scratch = mkdtempSync(`${tmpdir()}/acquire-changes-`);
after(() => rmSync(scratch, { recursive: true }));

/** Compares a document with the released one: the report, and whether the version number is right. */
async function compare(revision, format) {
  const options = ['--check-version', '--fail-on', 'none', '--format', format];
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  // In another folder, because the rules of redocly.yaml would replace its own ratings.
  const run = promisify(execFile)(redocly, ['diff', released, revision, ...options], { cwd: scratch, env });
  const { code = 0, stdout, stderr } = await run.catch((error) => error);
  return { isRightlyNumbered: code === 0, report: stdout, complaint: stderr };
}

test('the version number says what changed', async () => {
  const { isRightlyNumbered, report, complaint } = await compare(path('../../openapi/acquire.json'), 'stylish');
  assert.ok(isRightlyNumbered, report + complaint);
});

const CHANGES = {
  major: {
    'an operation goes': ({ paths }) => { delete paths['/api/v1/voip/send-sms']; },
    'an answer goes': ({ paths }) => { delete paths['/api/v1/voip/send-sms'].post.responses['404']; },
    'a parameter becomes required': ({ components }) => { components.parameters.UserType.required = true; },
    'a property of a request becomes required': ({ components: { schemas } }) => {
      schemas.ChatMessageRequest.required.push('channel');
    },
    'a property of a request goes': ({ components: { schemas } }) => { delete schemas.SmsRequest.properties.title; },
    'a value of a request goes': ({ components: { schemas } }) => { schemas.ChatMessageType.enum.pop(); },
    'a type changes': ({ components: { schemas } }) => { schemas.MessageId.type = 'string'; },
    'a property of an answer goes': ({ components: { schemas } }) => { delete schemas.Message.properties.message; },
    'an answer may be null': ({ components: { schemas } }) => { schemas.ChatMessageResponse.nullable = true; },
  },
  minor: {
    'a property of an answer comes': ({ components: { schemas } }) => {
      schemas.Message.properties.reaction = { type: 'string', nullable: true };
    },
    'an optional property of a request comes': ({ components: { schemas } }) => {
      schemas.ChatMessageRequest.properties.priority = { type: 'string' };
    },
  },
  patch: {
    'a description changes': ({ info }) => { info.description += 'More.'; },
  },
};

/** The version after a change. Below 1.0 a major change makes a new minor version. */
function next(version, bump) {
  const [major, minor, patch] = version.split('.').map(Number);
  if (bump === 'major' && major > 0) return `${major + 1}.0.0`;
  return bump === 'patch' ? `${major}.${minor}.${patch + 1}` : `${major}.${minor + 1}.0`;
}

/** A document with a change, and the path of its file. */
function changed(name, change, bump) {
  const document = JSON.parse(readFileSync(released));
  change(document);
  if (bump) document.info.version = next(document.info.version, bump);
  const file = `${scratch}/${name.replaceAll(' ', '-')}.json`;
  writeFileSync(file, JSON.stringify(document));
  return file;
}

// Two at once, since each takes a second of one processor.
describe('a change needs another version number', { concurrency: 2 }, () => {
  for (const [bump, changes] of Object.entries(CHANGES)) {
    for (const [name, change] of Object.entries(changes)) {
      test(`${bump}: ${name}`, async () => {
        const { isRightlyNumbered, report } = await compare(changed(name, change), 'json');
        assert.equal(JSON.parse(report).bump, bump);
        assert.ok(!isRightlyNumbered);
      });
    }
    test(`${bump}: the next number is right`, async () => {
      const [change] = Object.values(changes);
      const { isRightlyNumbered, complaint } = await compare(changed(`numbered ${bump}`, change, bump), 'json');
      assert.ok(isRightlyNumbered, complaint);
    });
  }
});
