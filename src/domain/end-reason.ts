import { endSignatures, refusalText } from './end-signatures.ts'

/**
 * - `finished`    the agent said that it was done
 * - `limit`       money, quota, rate, turns or context were used up
 * - `auth`        the provider did not accept who it was
 * - `crash`       the CLI, the provider or the network failed
 * - `refused`     the model, or the provider's policy, refused
 * - `killed`      it was stopped from outside, as at the deadline, or its output was cut
 * - `background`  it was done, but something that it had started still ran
 */
export const endReasons = ['finished', 'limit', 'auth', 'crash', 'refused', 'killed', 'background'] as const
export type EndReasonName = (typeof endReasons)[number]

/** What exactly, within a reason. */
export const endCauses = {
  completed: 'finished',
  budget: 'limit',
  quota: 'limit',
  rate_limit: 'limit',
  turn_limit: 'limit',
  context_limit: 'limit',
  auth: 'auth',
  policy: 'refused',
  model: 'refused',
  network: 'crash',
  provider: 'crash',
  cli: 'crash',
  deadline: 'killed',
  cancelled: 'killed',
  resource: 'killed',
  signal: 'killed',
  interrupted: 'killed',
  cut: 'killed',
  left_over: 'background',
} as const satisfies Record<string, EndReasonName>
export type EndCause = keyof typeof endCauses

export interface EndReason {
  readonly reason: EndReasonName
  readonly cause: EndCause
  readonly detail: string
}

/** How the process ended, from the run's record; what nobody knows is absent. */
export interface AgentExit {
  readonly exitCode?: number | null
  readonly signal?: string | null
  /** Who stopped it, where it did not end by itself. */
  readonly stopped?: 'deadline' | 'cancelled' | 'limit'
  /** Processes of it that still ran after it had ended. */
  readonly leftOver?: number
}

/** The CLI's own last word; null as long as there is none. */
export type Settlement =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly message: string
      /** The provider's HTTP status, where it is named. */
      readonly status?: number | null
      readonly codes?: readonly string[]
      /** Where the CLI leaves no doubt. */
      readonly cause?: EndCause
    }
  | null

export interface EndFacts {
  readonly settlement: Settlement
  /** The latest errors, whether the CLI went on or not, and the last lines that are no events; oldest first. */
  readonly errors: readonly string[]
  readonly texts: readonly string[]
  readonly lastMessage: string
  readonly calls: number
  readonly unpaired: number
  /** What the agent has started and not seen the end of. */
  readonly background: number
  readonly exit: AgentExit
}

/** Statuses by which shells and launchers pass on that SIGINT, SIGKILL or SIGTERM ended a program. */
const signalStatuses: ReadonlySet<number> = new Set([130, 137, 143])

/** Statuses that a CLI documents for itself: Gemini CLI ends with the HTTP status modulo 256, or one of these. */
const exitStatuses: Readonly<Record<number, EndCause>> = {
  41: 'auth',
  53: 'turn_limit',
  144: 'provider',
  145: 'auth',
  146: 'budget',
  147: 'auth',
  173: 'rate_limit',
}

/** Why a run ended, from the CLI's last word, the end of its process, and its errors, in this order. */
export function classifyEnd(facts: EndFacts): EndReason {
  const { settlement, exit } = facts
  if (settlement?.ok === false) return classifyFailure(settlement)
  const stop = classifyStop(exit)
  if (settlement?.ok === true) {
    if (stop !== null && stop.cause !== 'signal') return stop
    return classifySuccess(facts)
  }
  if (stop !== null) return withLastError(stop, facts)
  return classifyCut(facts)
}

function classifyFailure(failure: Exclude<Settlement, { readonly ok: true } | null>): EndReason {
  const cause = failure.cause ?? findCause(failure.message, failure) ?? 'cli'
  return say(cause, failure.message)
}

function classifyStop(exit: AgentExit): EndReason | null {
  if (exit.stopped === 'deadline') return say('deadline', 'stopped at the deadline')
  if (exit.stopped === 'cancelled') return say('cancelled', 'cancelled by the operator')
  if (exit.stopped === 'limit') return say('resource', 'stopped for using more than it may')
  if (exit.signal) return say('signal', `killed by ${exit.signal}`)
  if (exit.exitCode === 124) return say('deadline', 'ended by timeout(1): exit status 124')
  if (typeof exit.exitCode === 'number' && signalStatuses.has(exit.exitCode))
    return say('signal', `ended by a signal: exit status ${exit.exitCode}`)
  return null
}

/** It said that it was done. */
function classifySuccess({ exit, background, lastMessage, calls }: EndFacts): EndReason {
  const { leftOver } = exit
  if (leftOver !== undefined && leftOver > 0)
    return say('left_over', `finished, but ${leftOver} of its processes still ran`)
  if (background > 0 && leftOver === undefined)
    return say('left_over', `finished, but ${background} of its background commands had not ended`)
  if (calls === 0 && refusalText.test(lastMessage.trimStart().slice(0, 200))) return say('model', lastMessage)
  if (exit.exitCode)
    return say('completed', `the CLI reported success, yet its exit status was ${exit.exitCode}`)
  return say('completed', 'the CLI reported success')
}

/** It said nothing final, and nobody is known to have stopped it. */
function classifyCut(facts: EndFacts): EndReason {
  const { exit, errors, texts, unpaired } = facts
  const { exitCode } = exit
  const shell = texts.findLast((text) => shellDeath.test(text))
  if (shell !== undefined) return say('signal', shell)
  const known = typeof exitCode === 'number' ? exitStatuses[exitCode] : undefined
  const last = errors.at(-1)
  if (typeof exitCode === 'number' && exitCode !== 0) {
    const said = last ?? texts.findLast((text) => findCause(text) !== null) ?? texts.at(-1)
    const cause = (said === undefined ? null : findCause(said)) ?? known
    return say(cause ?? 'cli', said ?? `exit status ${exitCode} without a final event`)
  }
  if (last !== undefined) {
    const cause = findCause(last)
    if (cause !== null) return say(cause, last)
  }
  const said =
    facts.calls === 0 ? texts.findLast((text) => decisive.has(findCause(text) ?? 'cut')) : undefined
  if (said !== undefined) return say(findCause(said) ?? 'cli', said)
  if (exitCode === 0)
    return say('interrupted', `it ended without a final event, as after a signal${pendingCalls(unpaired)}`)
  return say('cut', `its output ends without a final event${pendingCalls(unpaired)}`)
}

/** What a shell prints about a program that was ended by a signal. */
const shellDeath = /^(?:\S+: line \d+: +\d+ )?(?:Terminated|Killed)(?:$|\s{2,}|: \d+)/u

/** Words on standard error that tell why there is nothing else: none of them occurs in a warning. */
const decisive: ReadonlySet<EndCause> = new Set<EndCause>(['auth', 'budget', 'quota'])

function pendingCalls(unpaired: number): string {
  if (unpaired === 0) return ''
  return unpaired === 1 ? ', with a tool call pending' : `, with ${unpaired} tool calls pending`
}

/** A run that tried to reach its provider until it was stopped says so. */
function withLastError(stop: EndReason, { errors, unpaired }: EndFacts): EndReason {
  const last = errors.at(-1)
  return {
    ...stop,
    detail: `${stop.detail}${pendingCalls(unpaired)}${last === undefined ? '' : `; last error: ${cut(last)}`}`,
  }
}

/** What an error's words, or its codes, say about its cause; null where they say nothing. */
export function findCause(
  message: string,
  { status, codes = [] }: { readonly status?: number | null; readonly codes?: readonly string[] } = {},
): EndCause | null {
  const text = message.slice(0, 4096)
  const found = endSignatures.find(
    (signature) =>
      (signature.text?.test(text) ?? false) ||
      codes.some((code) => signature.codes?.includes(code) ?? false) ||
      (typeof status === 'number' && (signature.statuses?.includes(status) ?? false)),
  )
  return found?.cause ?? null
}

function say(cause: EndCause, detail: string): EndReason {
  return { reason: endCauses[cause], cause, detail: cut(detail) }
}

function cut(text: string): string {
  return text.length <= 500 ? text : `${text.slice(0, 500)}…`
}
