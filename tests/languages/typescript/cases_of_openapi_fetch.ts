import createClient from 'openapi-fetch'
import { cases } from './cases.js'
import type { paths } from './openapi-typescript/acquire.js'

await cases((baseUrl, fetch) =>
  createClient<paths>({ baseUrl, headers: { Authorization: 'Bearer key' } }).POST(
    '/api/v1/crm/messenger/chat/add-message',
    { fetch, body: { caseId: 2069, message: { type: 'message', message: 'Hey' } } },
  ))
