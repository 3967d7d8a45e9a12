// Sends a message of each kind with the SDK that @hey-api/openapi-ts makes.
import assert from 'node:assert/strict'
import { sendChatMessage, sendMailMessage, sendSms } from './hey-api/index.js'
import { client } from './hey-api/client.gen.js'

const { ACQUIRE_URL: baseUrl, ACQUIRE_API_KEY: key } = process.env
client.setConfig({ baseUrl, auth: key, redirect: 'manual', parseAs: 'json' })

const asAgent = await sendChatMessage({
  query: { 'x-user-type': 'user' },
  body: { caseId: 2069, message: { type: 'message', message: 'Hey' } },
})
assert.equal(asAgent.data?.data?.message, 'Hey')

const asContact = await sendChatMessage({
  query: { 'x-user-type': 'contact', contactId: 597759 },
  body: { caseId: 2069, message: { type: 'message', message: 'Hi' } },
})
assert.equal(asContact.data?.data?.caseId, 2069)

const mail = await sendMailMessage({
  body: {
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
  },
})
assert.equal(mail.data?.data?.subject, 'test')

const sms = await sendSms({
  query: { 'x-user-type': 'user' },
  body: {
    threadId: 2219,
    contactId: 751069,
    timelineId: 2108,
    From: '+12513188609',
    To: '+919666929552',
    Body: 'hi',
  },
})
const carrier = sms.data?.data?.data?.meta
assert.deepEqual([carrier?.To, carrier?.to], ['+919666929552', '+919666929552'])

const closedCase = await sendChatMessage({
  body: { caseId: 27, message: { type: 'message', message: 'Hey' } },
})
assert.equal(closedCase.response?.status, 400)
assert.equal(closedCase.error?.error?.code, 'ERROR_INVALID_INPUT')

const wrongKey = await sendChatMessage({
  auth: 'wrong',
  body: { caseId: 2069, message: { type: 'message', message: 'Hey' } },
})
assert.equal(wrongKey.response?.status, 401)
assert.equal(wrongKey.error?.error?.code, 'ERROR_UNAUTHORIZED')

const redirected = await sendChatMessage({
  headers: { 'x-acquire-sandbox-fault': process.env.REDIRECT },
  body: { caseId: 2069, message: { type: 'message', message: 'Hey' } },
})
assert.equal(redirected.response?.status, 307)
