// What send.ts says of each of verdict-cases.json. See verdict_cases.py.
import { readFileSync } from 'node:fs'
import { Acquire } from './send.js'

const { CASES = '', TIME_LIMIT } = process.env
for (const baseUrl of readFileSync(CASES, 'utf8').trim().split('\n')) {
  const acquire = new Acquire({ baseUrl, apiKey: 'key', timeLimit: Number(TIME_LIMIT) * 1000 })
  const outcome = await acquire.sendChat({ caseId: 2069, message: { type: 'message', message: 'Hey' } })
  console.log(outcome.delivery, outcome.nextStep, 'after' in outcome ? outcome.after : '-')
}
