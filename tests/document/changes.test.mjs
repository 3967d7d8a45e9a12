// Whether the document's version number tells what changed since the document that was last released.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const redocly = path('../../target/document-tools/node_modules/.bin/redocly');
const released = path('../../openapi/released/acquire.json');
const scratch = mkdtempSync(`${tmpdir()}/acquire-changes-`);
after(() => rmSync(scratch, { recursive: true }));

/** Compares a document with the released one: the report, and whether the version number is right. */
function compare(revision, format) {
  const options = ['--check-version', '--fail-on', 'none', '--format', format];
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  // Elsewhere, because the rules of redocly.yaml would take the place of its own ratings.
  const { status, stdout, stderr } = spawnSync(redocly, ['diff', released, revision, ...options],
    { cwd: scratch, env, encoding: 'utf8' });
  return { isRightlyNumbered: status === 0, report: stdout, complaint: stderr };
}

test('the version number says what changed', () => {
  const { isRightlyNumbered, report, complaint } = compare(path('../../openapi/acquire.json'), 'stylish');
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

for (const [bump, changes] of Object.entries(CHANGES)) {
  for (const [name, change] of Object.entries(changes)) {
    test(`${bump}: ${name}`, () => {
      const document = JSON.parse(readFileSync(released));
      const revision = `${scratch}/revision.json`;
      change(document);
      writeFileSync(revision, JSON.stringify(document));
      const unnumbered = compare(revision, 'json');
      assert.equal(JSON.parse(unnumbered.report).bump, bump);
      assert.ok(!unnumbered.isRightlyNumbered);

      document.info.version = next(document.info.version, bump);
      writeFileSync(revision, JSON.stringify(document));
      const numbered = compare(revision, 'json');
      assert.ok(numbered.isRightlyNumbered, numbered.complaint);
    });
  }
}
