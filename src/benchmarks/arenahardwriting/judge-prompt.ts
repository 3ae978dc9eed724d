import { readFileSync } from 'node:fs'
import type { ChatMessage } from '../../domain/chat.ts'

const system = readFileSync(new URL('judge-system.txt', import.meta.url), 'utf8')
const user = readFileSync(new URL('judge-user.txt', import.meta.url), 'utf8')

export interface JudgedPair {
  readonly question: string
  readonly answerA: string
  readonly answerB: string
}

/** Puts question and answers into the judge's template, once each: braces in an answer stay what they are. */
export function renderJudgeMessages({ question, answerA, answerB }: JudgedPair): ChatMessage[] {
  const values = new Map([
    ['{QUESTION}', question],
    ['{ANSWER_A}', answerA],
    ['{ANSWER_B}', answerB],
  ])
  const content = user.replace(/\{(?:QUESTION|ANSWER_A|ANSWER_B)\}/g, (field) => values.get(field) ?? field)
  return [
    { role: 'system', content: system },
    { role: 'user', content },
  ]
}
