// The documented answers have the generated types, and send.ts has those of the requests: checked by the compiler.
import chatNewest from './examples/sendChatMessage.response.newest.json' with { type: 'json' }
import chatContact from './examples/sendChatMessage.response.2021-03-30.json' with { type: 'json' }
import chatAgent from './examples/sendChatMessage.response.2021-03-10.json' with { type: 'json' }
import mailNewest from './examples/sendMailMessage.response.newest.json' with { type: 'json' }
import mailEscaped from './examples/sendMailMessage.response.2021-04-02.json' with { type: 'json' }
import smsReactivated from './examples/sendSms.response.2021-04-02.json' with { type: 'json' }
import smsOldest from './examples/sendSms.response.2021-03-19.json' with { type: 'json' }
import type * as heyApi from './hey-api/index.js'
import type * as send from './send.js'
import type { components } from './openapi-typescript/acquire.js'

type Schemas = components['schemas']

;[chatNewest, chatContact, chatAgent] satisfies (Schemas['ChatMessageResponse'] & heyApi.ChatMessageResponse)[]
;[mailNewest, mailEscaped] satisfies (Schemas['MailMessageResponse'] & heyApi.MailMessageResponse)[]
;[smsReactivated, smsOldest] satisfies (Schemas['SmsResponse'] & heyApi.SmsResponse)[]

// `Id` is also a bigint in send.ts.
type Numbered<T> = T extends bigint ? never : T extends object ? { [Name in keyof T]: Numbered<T[Name]> } : T
type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Plain<T> = T extends object ? { [Name in keyof T]: Plain<T[Name]> } : T

true satisfies IsSame<Plain<Numbered<send.ChatMessage>>, Plain<Schemas['ChatMessageRequest']>>
true satisfies IsSame<Plain<Numbered<send.MailMessage>>, Plain<Schemas['MailMessageRequest']>>
true satisfies IsSame<Plain<Numbered<send.Sms>>, Plain<Schemas['SmsRequest']>>
true satisfies IsSame<send.UserType, Schemas['UserType']>
