import { cases } from './cases.js'
import { sendChatMessage } from './hey-api/index.js'

await cases((baseUrl, fetch) =>
  sendChatMessage({
    baseUrl,
    fetch,
    auth: 'key',
    body: { caseId: 2069, message: { type: 'message', message: 'Hey' } },
  }))
