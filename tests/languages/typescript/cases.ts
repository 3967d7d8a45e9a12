// What `observe` of send.ts says of each of verdict-cases.json, through a generated client. See verdict_cases.py.
import { readFileSync } from 'node:fs'
import { observe } from './send.js'

const { CASES = '', TIME_LIMIT } = process.env

export async function cases(send: (baseUrl: string, fetch: typeof globalThis.fetch) => Promise<unknown>) {
  for (const baseUrl of readFileSync(CASES, 'utf8').trim().split('\n')) {
    const { outcome } = await observe((fetch) => send(baseUrl, fetch), Number(TIME_LIMIT) * 1000)
    console.log(outcome.delivery, outcome.nextStep, 'after' in outcome ? outcome.after : '-')
  }
}
