import { readFileSync } from 'node:fs'
import type { ChatMessage } from '../../domain/chat.ts'

const template = readFileSync(new URL('judge.txt', import.meta.url), 'utf8')

export interface GradedCriterion {
  readonly conversation: readonly Pick<ChatMessage, 'content' | 'role'>[]
  /** The model's answer, after post-processing. */
  readonly response: string
  readonly criterion: string
  readonly points: number
}

/**
 * Puts conversation and criterion into the grader's template, in this order, so that a marker of the second inside the
 * conversation is filled too.
 */
export function renderGraderPrompt({ conversation, response, criterion, points }: GradedCriterion): string {
  const turns = [...conversation, { role: 'assistant', content: response }]
  const dialogue = turns.map(({ role, content }) => `${role}: ${content}`).join('\n\n')
  return template
    .replaceAll('<<conversation>>', () => dialogue)
    .replaceAll('<<rubric_item>>', () => `[${points}] ${criterion}`)
}
