// The real sandbox as a process, and clients of it.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL('../../target', import.meta.url));
const binary = (name) => `${target}/debug/${name}`;
export const CHAT = '/api/v1/crm/messenger/chat/add-message';
export const MAIL = '/api/v1/mail/add-message';
export const SMS = '/api/v1/voip/send-sms';

export const chat = (text, caseId = 28, type = 'message') => ({ caseId, message: { type, message: text } });

export class Sandbox {
  /** Starts it on a port, 0 for a free one. */
  static async start({ port = 0, options: more = [] } = {}) {
    const options = ['--port', String(port), '--quiet', ...more];
    const child = spawn(binary('acquire-io-sandbox'), options, { stdio: ['ignore', 'pipe', 'inherit'] });
    const sandbox = new Sandbox();
    sandbox.child = child;
    for await (const line of createInterface(child.stdout)) {
      const [, url] = /^listening on (http:.*)$/.exec(line) ?? [];
      const [, key] = /^API key: (.*)$/.exec(line) ?? [];
      sandbox.url ??= url;
      sandbox.key ??= key;
      if (sandbox.key) return sandbox;
    }
    throw new Error('the sandbox did not start');
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exit;
  }

  /** Sends a request as a client does. A body that is no text is sent as JSON. */
  async send(body, { path = CHAT, method = 'POST', headers = {} } = {}) {
    return fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
    });
  }

  async accept(body) {
    const answer = await this.send(body);
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Sends a chat message by the Rust client, in a process of its own. */
  async sendByClient(caseId, text) {
    const env = { ACQUIRE_BASE_URL: this.url, ACQUIRE_API_KEY: this.key };
    await promisify(execFile)(binary('examples/send_chat'), [String(caseId), text], { env });
  }

  async ledger() {
    const answer = await fetch(`${this.url}/_sandbox/ledger`);
    return answer.json();
  }

  async faults() {
    const answer = await fetch(`${this.url}/_sandbox/faults`);
    return answer.json();
  }

  /** A documented body, to be changed. */
  async example(name) {
    const answer = await fetch(`${this.url}/_sandbox/openapi.json`);
    return (await answer.json()).components.examples[name].value;
  }

  /** Sends an e-mail with other fields than the documented one. */
  async mail(fields) {
    const mail = await this.example('sendMailMessage.request.newest');
    Object.assign(mail.data, fields);
    return this.send(mail, { path: MAIL });
  }

  async sms(text) {
    const sms = await this.example('sendSms.request.newest');
    return this.send({ ...sms, Body: text }, { path: SMS });
  }

  /** The most memory that it had, in megabytes. */
  peak() {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)[1]) / 1_000;
  }
}
