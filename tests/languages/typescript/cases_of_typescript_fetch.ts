import { cases } from './cases.js'
import { ChatApi, Configuration } from './typescript-fetch/index.js'

await cases((basePath, fetchApi) =>
  new ChatApi(new Configuration({ basePath, fetchApi, accessToken: 'key' })).sendChatMessage({
    chatMessageRequest: { caseId: 2069, message: { type: 'message', message: 'Hey' } },
  }))
