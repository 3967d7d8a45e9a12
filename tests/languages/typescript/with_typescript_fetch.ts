// Sends a message of each kind with the client that openapi-generator makes for `typescript-fetch`.
import assert from 'node:assert/strict'
import { observe } from './send.js'
import { ChatApi, Configuration, MailApi, ResponseError, SmsApi } from './typescript-fetch/index.js'

const { ACQUIRE_URL: basePath = '', ACQUIRE_API_KEY: key = '', REDIRECT = '' } = process.env
const settings = (fetchApi: typeof fetch, accessToken = key) => new Configuration({ basePath, fetchApi, accessToken })
const chat = (caseId: number, message: string) => ({ caseId, message: { type: 'message', message } }) as const

const asAgent = await observe((fetch) =>
  new ChatApi(settings(fetch)).sendChatMessage({ xUserType: 'user', chatMessageRequest: chat(2069, 'Hey') }))
assert.equal(asAgent.outcome.delivery, 'accepted')
assert.equal(asAgent.value?.data?.message, 'Hey')

const asContact = await observe((fetch) =>
  new ChatApi(settings(fetch)).sendChatMessage({
    xUserType: 'contact',
    contactId: 597759,
    chatMessageRequest: chat(2069, 'Hi'),
  }))
assert.equal(asContact.value?.data?.caseId, 2069)

const mail = await observe((fetch) =>
  new MailApi(settings(fetch)).sendMailMessage({
    mailMessageRequest: {
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
  }))
assert.equal(mail.value?.data?.subject, 'test')

const sms = await observe((fetch) =>
  new SmsApi(settings(fetch)).sendSms({
    xUserType: 'user',
    smsRequest: {
      threadId: 2219,
      contactId: 751069,
      timelineId: 2108,
      capitalizedFrom: '+12513188609',
      capitalizedTo: '+919666929552',
      capitalizedBody: 'hi',
    },
  }))
const sent = sms.value?.data?.data
assert.deepEqual([sent?.caseId, sent?.snakeCaseId], [2219, 2219])
assert.deepEqual([sent?.meta?.capitalizedTo, sent?.meta?.to], ['+919666929552', '+919666929552'])

const closedCase = await observe((fetch) =>
  new ChatApi(settings(fetch)).sendChatMessage({ chatMessageRequest: chat(27, 'Hey') }))
assert(closedCase.outcome.delivery === 'refused' && closedCase.outcome.nextStep === 'fix_message')
assert.equal(closedCase.outcome.code, 'ERROR_INVALID_INPUT')
assert(closedCase.error instanceof ResponseError && closedCase.error.response.status === 400)

const wrongKey = await observe((fetch) =>
  new ChatApi(settings(fetch, 'wrong')).sendChatMessage({ chatMessageRequest: chat(2069, 'Hey') }))
assert(wrongKey.outcome.delivery === 'refused' && wrongKey.outcome.nextStep === 'fix_setup')
assert.equal(wrongKey.outcome.code, 'ERROR_UNAUTHORIZED')

const redirected = await observe((fetch) =>
  new ChatApi(settings(fetch)).sendChatMessage(
    { chatMessageRequest: chat(2069, 'Hey') },
    { headers: { 'x-acquire-sandbox-fault': REDIRECT, 'content-type': 'application/json', authorization: `Bearer ${key}` } },
  ))
assert.equal(redirected.outcome.nextStep, 'look_first')
assert(redirected.error instanceof ResponseError && redirected.error.response.status === 307)
