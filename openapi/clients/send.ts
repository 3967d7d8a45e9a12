// Sends chat messages, e-mail and SMS through Acquire from Node.js (20 or newer), and returns the outcome of each.
// Copy this file: it has no dependencies. openapi/README.md describes it.
//
// Each message is sent once, over a new connection: no retries, no redirects, and one time limit for everything. The verdict
// ignores the content type of an answer. `observe` gives the same verdict on a call of a generated client.
import { request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import type { Socket } from 'node:net'
import { constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'

/** The outcome of a message, and the next step. `after` is in seconds: 0 for at once. */
export type Outcome =
  | (Answer & { delivery: 'accepted'; nextStep: 'none'; ids: Ids })
  | (Answer & Reason & { delivery: 'refused'; nextStep: 'fix_message' | 'fix_setup' })
  | (Answer & Reason & { delivery: 'refused'; nextStep: 'send_again'; after: number })
  | { delivery: 'not_sent'; nextStep: 'send_again'; after: number; error: unknown }
  | { delivery: 'not_sent'; nextStep: 'fix_message' | 'fix_setup'; error: unknown }
  | (Answer & Reason & { delivery: 'unknown'; nextStep: 'look_first' })
  | { delivery: 'unknown'; nextStep: 'look_first'; error: unknown }

/** The server's answer. Its body may repeat the message: keep it out of logs. */
export interface Answer { status: number; body: string }
/** The server's error. `reason` may repeat content of the message. */
export interface Reason { code?: string; reason?: string }
/** A `number` up to 2^53, where it is exact; otherwise a `bigint`. */
export type Id = number | bigint
/** The IDs that the answer has. */
export interface Ids { message?: Id; case?: Id; timeline?: Id }

export type UserType = 'user' | 'contact'
export interface ChatMessage {
  caseId: Id
  message: { type: 'message' | 'note' | 'event'; message: string; translateLangKey?: string }
  channel?: string
  delay?: number
  mentionUsers?: string[]
  meta?: { [name: string]: unknown }
}
export interface MailMessage {
  data: {
    caseId: Id
    contactId: Id
    from: string
    to: string[]
    cc: string[]
    bcc: string[]
    subject: string
    type: 'message'
    htmlBody: string
    textBody?: string
    attachments?: unknown[]
  }
}
export interface Sms {
  /** The case. */
  threadId: Id
  contactId: Id
  timelineId: Id
  From: string
  To: string
  Body: string
  id?: Id
  isClosed?: boolean
  isMultiChannel?: boolean
  markValue?: string
  message?: string
  msgType?: string
  sms?: string
  title?: string
}

export interface Settings {
  /** `https://ACCOUNT.acquire.io`, or plain HTTP on loopback. */
  baseUrl: string
  apiKey: string
  /** In milliseconds, for connecting, sending and reading the answer together. Default: 30,000. */
  timeLimit?: number
  /** Certificates to trust instead of the default ones, in PEM. */
  ca?: string
}

export class Acquire {
  readonly #settings: Settings

  /** Throws a TypeError for invalid settings. */
  constructor(settings: Settings) {
    const { protocol, hostname } = new URL(settings.baseUrl)
    const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
    if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback)) {
      throw new TypeError('baseUrl: must begin with https://, or be on loopback')
    }
    if (!/^[!-~]+$/.test(settings.apiKey)) throw new TypeError('apiKey: is empty, or has characters that no key has')
    this.#settings = settings
  }

  sendChat(message: ChatMessage, from?: { userType?: UserType; contactId?: Id }): Promise<Outcome> {
    const query = { 'x-user-type': from?.userType, contactId: from?.contactId }
    return this.#send('/api/v1/crm/messenger/chat/add-message', query, message)
  }

  sendMail(message: MailMessage): Promise<Outcome> {
    return this.#send('/api/v1/mail/add-message', {}, message)
  }

  sendSms(message: Sms, from?: { userType?: UserType }): Promise<Outcome> {
    return this.#send('/api/v1/voip/send-sms', { 'x-user-type': from?.userType }, message)
  }

  async #send(path: string, query: { [name: string]: string | Id | undefined }, message: unknown): Promise<Outcome> {
    const { baseUrl, apiKey, timeLimit = 30_000, ca } = this.#settings
    const url = new URL(baseUrl.replace(/\/+$/, '') + path)
    let body: Buffer
    try {
      body = Buffer.from(toJson(message))
      for (const [name, value] of Object.entries(query)) {
        if (value !== undefined) url.searchParams.set(name, typeof value === 'string' ? value : toJson(value))
      }
    } catch (error) {
      return { delivery: 'not_sent', nextStep: 'fix_message', error }
    }
    const headers = {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'content-length': body.length,
      'accept-encoding': 'identity',
    }
    return new Promise((resolve) => {
      const isTls = url.protocol === 'https:'
      // A new connection, so that nothing was sent if it fails before `connect` or `secureConnect`.
      const options = { method: 'POST', headers, agent: false, ...(ca === undefined ? {} : { ca }) } as const
      const request = isTls ? overHttps(url, options) : overHttp(url, options)
      let phase: 'connecting' | 'handshake' | 'sending' = 'connecting'
      let isAnswered = false
      const timer = setTimeout(() => {
        // If the whole process was paused: first read what has arrived in the meantime.
        setImmediate(() => setImmediate(() => request.destroy(new Error('the time limit is over'))))
      }, timeLimit)
      const end = (outcome: Outcome) => {
        clearTimeout(timer)
        resolve(outcome)
      }
      request.on('socket', (socket: Socket) => {
        socket.once('connect', () => { phase = isTls ? 'handshake' : 'sending' })
        socket.once('secureConnect', () => { phase = 'sending' })
      })
      request.on('error', (error) => {
        // The part of an answer that was received decides.
        if (isAnswered) return
        if (phase === 'sending') end({ delivery: 'unknown', nextStep: 'look_first', error })
        else if (phase === 'handshake' && isOfTls(error)) end({ delivery: 'not_sent', nextStep: 'fix_setup', error })
        else end({ delivery: 'not_sent', nextStep: 'send_again', after: 0, error })
      })
      request.on('response', (response) => {
        isAnswered = true
        const parts: Buffer[] = []
        let length = 0
        const judge = () => {
          const { statusCode = 0, headers } = response
          end(ofAnswer(statusCode, decoded(Buffer.concat(parts), headers['content-encoding']), headers['retry-after']))
        }
        response.on('data', (part: Buffer) => {
          parts.push(part)
          length += part.length
          if (length > LIMIT) response.destroy()
        })
        // Also if the answer is cut: the part that was received decides.
        response.on('error', judge)
        response.on('close', judge)
      })
      // No `response` comes after a 101.
      request.on('close', () => {
        if (!isAnswered) end({ delivery: 'unknown', nextStep: 'look_first', error: new Error('no answer') })
      })
      request.end(body)
    })
  }
}

/** The longest body that is read, in bytes. */
const LIMIT = 16 * 1024 * 1024

/** Refuses numbers that lost precision, and writes a bigint as it is. */
function toJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && !(Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value))) {
    throw new RangeError(`${value} is no exact number: beyond 2^53 use a bigint`)
  }
  if (Array.isArray(value)) return `[${value.map(toJson).join()}]`
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toJson(member)}`).join()}}`
}

function decoded(body: Buffer, encoding: string | undefined): Uint8Array {
  const read = { gzip: [gunzipSync], 'x-gzip': [gunzipSync], deflate: [inflateSync, inflateRawSync] }[encoding ?? '']
  for (const decode of read ?? []) {
    try {
      return decode(body, { maxOutputLength: LIMIT, finishFlush: constants.Z_SYNC_FLUSH })
    } catch { /* Not of this form, or damaged. */ }
  }
  return body
}

/** Whether TLS failed, rather than the connection: the certificate isn't trusted, or the server speaks no TLS. */
function isOfTls(error: Error & { code?: string }): boolean {
  return error.code !== undefined && (/^(EPROTO|ERR_(SSL|TLS)_.*)$/.test(error.code) || OF_CERTIFICATES.test(error.code))
}

// The codes of Node.js for certificates that are not trusted: nodejs.org/api/tls.html.
const OF_CERTIFICATES =
  /^(?!ERR_SSL_)(\w*(CERT|CRL)\w*|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|UNABLE_TO_\w+)$/

// ---- The verdict, also for generated clients ----

/** The verdict on an answer. `body` is the part that was received. */
export function ofAnswer(status: number, body: Uint8Array, retryAfter?: string | null): Outcome {
  const text = new TextDecoder().decode(body)
  const answer = { status, body: text, ...reasonIn(text) }
  const unknown = { ...answer, delivery: 'unknown', nextStep: 'look_first' } as const
  if (status >= 200 && status < 300) {
    const first = /^[\t\n\f\r ]*([^]?)/.exec(text)?.[1]
    if (first !== '' && first !== '{') return unknown
    const found = errorIn(text)
    if (found === 'refusal') return { ...answer, delivery: 'refused', nextStep: 'fix_message' }
    if (found === 'unclear') return unknown
    return { status, body: text, delivery: 'accepted', nextStep: 'none', ids: idsIn(text) }
  }
  // Proxies answer with 408, 460 and 499 after they passed the whole request on.
  if (status < 400 || status > 499 || [408, 460, 499].includes(status)) return unknown
  if (status === 429) return { ...answer, delivery: 'refused', nextStep: 'send_again', after: secondsOf(retryAfter) }
  const isSetup = [401, 403, 407].includes(status)
  return { ...answer, delivery: 'refused', nextStep: isSetup ? 'fix_setup' : 'fix_message' }
}

/** What the body of a 2xx says: `refusal` is an error with a code or a message, and no data. */
function errorIn(text: string): 'refusal' | 'unclear' | undefined {
  const { members, isWhole } = membersOf(text)
  const error = members.get('error')
  const data = members.get('data')?.replace(/[\t\n\f\r ]/g, '')
  const hasData = data !== undefined && !['null', 'false', '0', '""', '{}', '[]', ''].includes(data)
  if (error === undefined || error === 'null' || hasData) return undefined
  const { code, reason } = error === '' ? {} : reasonOf(error)
  return isWhole && (code !== undefined || reason !== undefined) ? 'refusal' : 'unclear'
}

/** Code and message of an error: a string, an object, or a list whose first item is one of these. */
function reasonOf(json: string): Reason {
  const value: unknown = JSON.parse(json)
  const error: unknown = Array.isArray(value) ? value[0] : value
  if (typeof error === 'string') return error === '' ? {} : { reason: error }
  if (typeof error !== 'object' || error === null || Array.isArray(error)) return {}
  const { code, message } = error as { code?: unknown; message?: unknown }
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  return { ...(code == null ? {} : { code: text(code) }), ...(message == null ? {} : { reason: text(message) }) }
}

function reasonIn(text: string): Reason {
  const error = membersOf(text).members.get('error')
  return error ? reasonOf(error) : {}
}

function idsIn(text: string): Ids {
  const outer = dataOf(text)
  const inner = dataOf(outer)
  const members = membersOf(inner === '' ? outer : inner).members
  const id = (name: string): Id | undefined => {
    const digits = /^"?(\d+)"?$/.exec(members.get(name) ?? '')?.[1]
    if (digits === undefined) return undefined
    return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits)
  }
  // The `id` of an SMS is not the ID of a message.
  const message = id('caseMessageId') ?? (inner === '' ? id('id') : undefined)
  const [inCase, timeline] = [id('caseId'), id('timelineId')]
  return {
    ...(message === undefined ? {} : { message }),
    ...(inCase === undefined ? {} : { case: inCase }),
    ...(timeline === undefined ? {} : { timeline }),
  }
}

function dataOf(text: string): string {
  return membersOf(text).members.get('data') ?? ''
}

/** The members of a JSON object as text, as far as it is valid. '' if the value of the last one is missing. */
function membersOf(text: string): { members: Map<string, string>; isWhole: boolean } {
  const members = new Map<string, string>()
  const token = /[\t\n\r ]*("(?:[^"\\]|\\[^])*"|[{}[\]:,]|[^\t\n\r "{}[\]:,]+)/y
  const next = () => token.exec(text)?.[1] ?? ''
  const parsed = (json: string): unknown => {
    try {
      return JSON.parse(json)
    } catch {
      return undefined
    }
  }
  let separator = next()
  while (separator === '{' || separator === ',') {
    const name = next()
    if (name === '}' && separator === '{') return { members, isWhole: true }
    const key = parsed(name)
    if (typeof key !== 'string') break
    members.set(key, '')
    if (next() !== ':') break
    const start = token.lastIndex
    let depth = 0
    do {
      const part = next()
      if (part === '') return { members, isWhole: false }
      depth += part === '{' || part === '[' ? 1 : part === '}' || part === ']' ? -1 : 0
    } while (depth > 0)
    const value = text.slice(start, token.lastIndex).trim()
    if (parsed(value) === undefined) break
    members.set(key, value)
    separator = next()
  }
  return { members, isWhole: separator === '}' }
}

/** How long to wait after a 429, in seconds, rounded up. Longer if `Retry-After` can't be parsed. */
function secondsOf(retryAfter: string | null | undefined): number {
  if (retryAfter == null) return 5
  if (/^\d+(\.\d+)?$/.test(retryAfter.trim())) return Math.ceil(Number(retryAfter))
  const date = Date.parse(retryAfter)
  return Number.isNaN(date) || !/GMT/.test(retryAfter) ? 10 : Math.max(0, Math.ceil((date - Date.now()) / 1000))
}

/**
 * Runs one call of a client that uses `fetch`, and returns the outcome of its message. The call must use the `fetch` that it
 * gets, or the outcome is unknown. Follows no redirect.
 */
export async function observe<T>(
  call: (fetch: typeof globalThis.fetch) => Promise<T>,
  timeLimit = 30_000,
): Promise<{ outcome: Outcome; value?: T; error?: unknown }> {
  let outcome: Outcome | undefined
  const watched: typeof globalThis.fetch = async (input, init) => {
    if (outcome !== undefined) throw new Error('one message at a time: this was a second request')
    outcome = { delivery: 'unknown', nextStep: 'look_first', error: new Error('the call ended before its request') }
    const limit = AbortSignal.timeout(timeLimit)
    const signal = init?.signal ? AbortSignal.any([init.signal, limit]) : limit
    let response: Response
    try {
      response = await fetch(input, { ...init, redirect: 'manual', signal })
    } catch (error) {
      outcome = ofFetchError(error)
      throw error
    }
    const body = await bytesOf(response)
    outcome = ofAnswer(response.status, new Uint8Array(body), response.headers.get('retry-after'))
    const { status, statusText, headers } = response
    return new Response([204, 205, 304].includes(status) ? null : body, { status, statusText, headers })
  }
  try {
    const value = await call(watched)
    return { outcome: outcome ?? unobserved(new Error('the call did not use its `fetch`')), value }
  } catch (error) {
    return { outcome: outcome ?? unobserved(error), error }
  }
}

/** A call that did not use its `fetch` may have used another. */
function unobserved(error: unknown): Outcome {
  return { delivery: 'unknown', nextStep: 'look_first', error }
}

/** The bytes of a body that were received. */
async function bytesOf(response: Response): Promise<ArrayBuffer> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    const reader = response.body?.getReader()
    for (let part = await reader?.read(); part?.value && length < LIMIT; part = await reader?.read()) {
      parts.push(part.value)
      length += part.value.length
    }
  } catch { /* What came counts. */ }
  const buffer = new ArrayBuffer(length)
  const body = new Uint8Array(buffer)
  let at = 0
  for (const part of parts) {
    body.set(part, at)
    at += part.length
  }
  return buffer
}

/**
 * The verdict on an error of `fetch`. Only Node.js says enough: the system call of every cause must be one of connecting. The
 * code alone proves nothing: EHOSTUNREACH and others may also end an established connection.
 */
export function ofFetchError(error: unknown): Outcome {
  const causes = causesOf(error)
  const all = (holds: (cause: { [name: string]: unknown }) => boolean) => causes.length > 0 && causes.every(holds)
  if (all(({ syscall, code }) =>
    syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT')) {
    return { delivery: 'not_sent', nextStep: 'send_again', after: 0, error }
  }
  if (all(({ code }) => typeof code === 'string' && OF_CERTIFICATES.test(code))) {
    return { delivery: 'not_sent', nextStep: 'fix_setup', error }
  }
  return { delivery: 'unknown', nextStep: 'look_first', error }
}

/** The deepest causes of an error, including each error of an AggregateError. */
function causesOf(error: unknown): { [name: string]: unknown }[] {
  if (typeof error !== 'object' || error === null) return []
  const { cause, errors } = error as { cause?: unknown; errors?: unknown }
  if (Array.isArray(errors) && errors.length > 0) return errors.flatMap(causesOf)
  return cause === undefined ? [error as { [name: string]: unknown }] : causesOf(cause)
}
