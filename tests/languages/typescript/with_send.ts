// Sends a message of each kind with openapi/clients/send.ts.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { Acquire, observe, ofFetchError } from './send.js'

const { ACQUIRE_URL: baseUrl = '', ACQUIRE_API_KEY: apiKey = '' } = process.env
const acquire = new Acquire({ baseUrl, apiKey })
const chat = (caseId: number, message: string) => ({ caseId, message: { type: 'message', message } }) as const

const asAgent = await acquire.sendChat(chat(2069, 'Hey'), { userType: 'user' })
assert(asAgent.delivery === 'accepted' && asAgent.ids.case === 2069 && asAgent.ids.message !== undefined)

const asContact = await acquire.sendChat(chat(2069, 'Hi'), { userType: 'contact', contactId: 597759 })
assert(asContact.delivery === 'accepted' && asContact.ids.case === 2069)

const mail = await acquire.sendMail({
  data: {
    caseId: 1128,
    contactId: 9156860,
    from: 'test@acquire.io',
    to: ['user@gmail.com'],
    cc: [],
    bcc: [],
    subject: 'test',
    type: 'message',
    htmlBody: '<p>Hi</p>',
  },
})
assert(mail.delivery === 'accepted' && mail.ids.message !== undefined)

const sms = await acquire.sendSms(
  {
    threadId: 2219,
    contactId: 751069,
    timelineId: 2108,
    From: '+12513188609',
    To: '+919666929552',
    Body: 'hi',
  },
  { userType: 'user' },
)
assert(sms.delivery === 'accepted' && sms.ids.case === 2219 && sms.ids.timeline === 2108)

const closedCase = await acquire.sendChat(chat(27, 'Hey'))
assert(closedCase.delivery === 'refused' && closedCase.nextStep === 'fix_message')
assert.deepEqual([closedCase.status, closedCase.code], [400, 'ERROR_INVALID_INPUT'])

const wrongKey = await new Acquire({ baseUrl, apiKey: 'wrong' }).sendChat(chat(2069, 'Hey'))
assert(wrongKey.delivery === 'refused' && wrongKey.nextStep === 'fix_setup')
assert.deepEqual([wrongKey.status, wrongKey.code], [401, 'ERROR_UNAUTHORIZED'])

// Nothing is sent that would be another number on the way.
for (const caseId of [2 ** 53, NaN, 1e300]) {
  const inexact = await acquire.sendChat(chat(caseId, 'Hey'))
  assert(inexact.delivery === 'not_sent' && inexact.nextStep === 'fix_message')
}
for (const settings of [
  { baseUrl: 'http://acme.acquire.io', apiKey },
  { baseUrl: 'ftp://127.0.0.1', apiKey },
  { baseUrl, apiKey: '' },
  { baseUrl, apiKey: 'key\n' },
]) {
  assert.throws(() => new Acquire(settings), TypeError)
}

// Every cause must be of connecting.
const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
const cut = Object.assign(new Error('read ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'read' })
const failed = (...causes: Error[]) => ofFetchError(new TypeError('fetch failed', { cause: new AggregateError(causes) }))
assert.deepEqual(
  [failed(refused, refused), failed(refused, cut), failed(cut), failed(), ofFetchError(new TypeError('fetch failed'))].map(
    ({ delivery }) => delivery,
  ),
  ['not_sent', 'unknown', 'unknown', 'unknown', 'unknown'],
)

// A call that may have sent in another way, and a client that tries again.
assert.equal((await observe(async () => 'sent')).outcome.delivery, 'unknown')
const closed = createServer().listen(0)
await once(closed, 'listening')
const { port } = closed.address() as AddressInfo
closed.close()
const twice = await observe(async (fetch) => {
  await fetch(`http://localhost:${port}`, { method: 'POST' }).catch(() => undefined)
  return fetch(baseUrl, { method: 'POST' })
})
assert.equal(twice.outcome.delivery, 'not_sent')
assert(twice.error instanceof Error && twice.value === undefined)
