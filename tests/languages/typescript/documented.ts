// The documented answers have the generated types: checked by the compiler.
import chatNewest from './examples/sendChatMessage.response.newest.json' with { type: 'json' }
import chatContact from './examples/sendChatMessage.response.2021-03-30.json' with { type: 'json' }
import chatAgent from './examples/sendChatMessage.response.2021-03-10.json' with { type: 'json' }
import mailNewest from './examples/sendMailMessage.response.newest.json' with { type: 'json' }
import mailEscaped from './examples/sendMailMessage.response.2021-04-02.json' with { type: 'json' }
import smsReactivated from './examples/sendSms.response.2021-04-02.json' with { type: 'json' }
import smsOldest from './examples/sendSms.response.2021-03-19.json' with { type: 'json' }
import type * as heyApi from './hey-api/index.js'
import type { components } from './openapi-typescript/acquire.js'

type Schemas = components['schemas']

;[chatNewest, chatContact, chatAgent] satisfies (Schemas['ChatMessageResponse'] & heyApi.ChatMessageResponse)[]
;[mailNewest, mailEscaped] satisfies (Schemas['MailMessageResponse'] & heyApi.MailMessageResponse)[]
;[smsReactivated, smsOldest] satisfies (Schemas['SmsResponse'] & heyApi.SmsResponse)[]
