import { buildStep, extendNote, plainText, refer, type MutableStep } from './trajectory-step.ts'
import type {
  Extra,
  OpenStep,
  Thread,
  ThreadOwner,
  ThreadStats,
  TrajectoryEntry,
} from './trajectory-thread.ts'
import type { Metrics, Step } from './trajectory.ts'

interface MadeCall {
  /** Null where it has ended and nothing of it is kept. */
  step: MutableStep | null
  /** As it stands in the step: names that a CLI uses twice are made different. */
  readonly id: string
  readonly name: string
  results: number
}

/** Model calls that may still go on: CLIs mix those of a few subagents, never of hundreds. */
const maxOpenSteps = 64
const maxSubagentDepth = 16

export function createThread(
  owner: ThreadOwner,
  self: { readonly call: string | null; readonly depth: number },
): Thread {
  const steps: MutableStep[] = []
  const byKey = new Map<string, MutableStep>()
  const calls = new Map<string, MadeCall>()
  const made: MadeCall[] = []
  const subagents = new Map<string, { thread: Thread; at: string | null }>()
  const sources = { system: 0, user: 0, agent: 0 }
  /** By the number of their step. */
  const metered = new Map<number, Metrics>()
  let current: MutableStep | null = null
  let latest: MutableStep | null = null
  let messages = 0
  let reasoningTexts = 0
  let orphans = 0
  let lastMessage = ''

  const emit = (at: string | null, entry: DistributiveOmit<TrajectoryEntry, 'subagent' | 'at'>): void =>
    owner.entry({ subagent: self.call, at, ...entry })

  function begin(source: Step['source'], at: string | null): MutableStep {
    close()
    sources[source] += 1
    const recorded = owner.room('step')
    const step: MutableStep = {
      number: sources.system + sources.user + sources.agent,
      recorded,
      source,
      at,
      texts: [],
      message: null,
      reasoning: [],
      calls: new Map(),
      results: [],
      model: null,
      metrics: null,
      llmCalls: null,
      extra: {},
      growing: null,
      closed: false,
    }
    if (recorded) steps.push(step)
    latest = step
    return step
  }

  function close(): void {
    if (current === null || current.growing === null) return
    const kind = current.growing
    const text = (kind === 'message' ? current.texts : current.reasoning).at(-1) ?? ''
    current.growing = null
    told(current, kind, text)
  }

  function told(step: MutableStep, kind: 'message' | 'reasoning', text: string): void {
    if (kind === 'message') {
      messages += 1
      lastMessage = text
    } else reasoningTexts += 1
    emit(step.at, { kind, text })
  }

  function open(step: MutableStep): OpenStep {
    if (current !== step) close()
    current = step
    const add = (kind: 'message' | 'reasoning', text: string): void => {
      close()
      if (text === '') return
      ;(kind === 'message' ? step.texts : step.reasoning).push(text)
      told(step, kind, text)
    }
    return {
      say: (kind, text) => add(kind, text),
      delta(kind, text) {
        if (step.growing !== kind) close()
        const texts = kind === 'message' ? step.texts : step.reasoning
        if (step.growing === kind) texts.push((texts.pop() ?? '') + text)
        else texts.push(text)
        step.growing = kind
      },
      call({ id, name, arguments: given, at, extra }) {
        close()
        const unique = uniqueName(step.calls, id)
        const record = argumentsOf(given)
        step.calls.set(unique, {
          tool_call_id: unique,
          function_name: name,
          arguments: record,
          ...extraOf({ ...(at === null || at === step.at ? {} : { timestamp: at }), ...extra }),
        })
        const call: MadeCall = { step, id: unique, name, results: 0 }
        calls.set(id, call)
        made.push(call)
        emit(at, { kind: 'call', name, arguments: record })
      },
      model: (name) => void (step.model = name),
      metrics(metrics) {
        step.metrics = metrics
        metered.set(step.number, metrics)
      },
      llmCalls: (count) => void (step.llmCalls = count),
      extra(extra) {
        for (const [key, value] of Object.entries(extra ?? {})) {
          const before = step.extra[key]
          if (Array.isArray(before) && Array.isArray(value)) before.push(...value)
          else step.extra[key] = Array.isArray(value) ? [...value] : value
        }
      },
    }
  }

  const thread: Thread = {
    user({ text, at, extra }) {
      const step = begin('user', at)
      step.message = text
      step.extra = { ...extra }
      current = null
      emit(at, { kind: 'user', text: plainText(text) })
    },

    step(key, at) {
      const known = byKey.get(key)
      if (known !== undefined) return open(known)
      const step = begin('agent', at)
      byKey.set(key, step)
      const [oldest] = byKey.keys()
      if (byKey.size > maxOpenSteps && oldest !== undefined) byKey.delete(oldest)
      return open(step)
    },

    turn(next, at) {
      const goesOn =
        current !== null &&
        current.source === 'agent' &&
        !current.closed &&
        (next === 'call' || (current.calls.size === 0 && (next === 'delta' || current.texts.length === 0)))
      return open(goesOn && current !== null ? current : begin('agent', at))
    },

    result({ call: id, content, at, failed = false, extra }) {
      close()
      const call = calls.get(id)
      const text = content === null ? '' : plainText(content)
      emit(at, { kind: 'result', name: call?.name ?? null, text, failed })
      const told: Extra = {
        ...(at === null ? {} : { timestamp: at }),
        ...(failed ? { failed } : {}),
        ...extra,
      }
      if (call === undefined) {
        orphans += 1
        const step = begin('system', at)
        step.message = `result of a call that was not seen: ${id}`
        step.results.push({ content, extra: { ...told, call_id: id } })
        return
      }
      call.results += 1
      const { step } = call
      if (step === null) return
      step.closed = true
      if (!step.recorded) call.step = null
      else
        step.results.push({
          source_call_id: call.id,
          content,
          ...extraOf(told),
        })
    },

    amendCall(id, { arguments: given, extra }) {
      const found = calls.get(id)
      const call = found?.step?.calls.get(found.id)
      if (call === undefined) return
      if (given !== undefined) call.arguments = argumentsOf(given)
      if (extra) call.extra = { ...call.extra, ...extra }
    },

    note(note) {
      const { kind, at, text = '', failed = false } = note
      if (text !== '' || failed) emit(at, { kind: failed ? 'error' : 'note', title: kind, text })
      const last = latest
      if (last?.source === 'system' && last.extra['kind'] === kind && last.results.length === 0) {
        if (last.recorded && owner.room('line')) extendNote(last, note)
        return
      }
      // it stands behind the step that is being written, and does not end it
      const before = current
      current = null
      const step = begin('system', at)
      step.extra = { kind, ...note.extra }
      extendNote(step, note)
      current = before
    },

    awaits: (call) => calls.get(call)?.results === 0,

    subagent(call) {
      const owned = subagents.get(call)
      if (owned !== undefined) return owned.thread
      const below = self.depth >= maxSubagentDepth ? undefined : ownerOf(call)
      if (below !== undefined) return below.subagent(call)
      const child = createThread(owner, { call, depth: self.depth + 1 })
      subagents.set(call, { thread: child, at: null })
      return child
    },

    close() {
      close()
      for (const { thread: child } of subagents.values()) child.close()
    },

    get stats() {
      const children = [...subagents.values()].map(({ thread: child }) => child.stats)
      const own: ThreadStats = {
        steps: { ...sources },
        messages,
        reasoning: reasoningTexts,
        calls: made.length,
        unpaired: made.filter((call) => call.results === 0).map(({ id, name }) => ({ id, name })),
        orphanResults: orphans,
        subagents: subagents.size,
        lastMessage,
        modelCalls: [...metered.values()],
      }
      return children.reduce(addStats, own)
    },

    build({ agent, sessionId }) {
      const children = [...subagents].map(([id, { thread: child }]) => ({
        ...child.build({ agent, sessionId }),
        trajectory_id: id,
      }))
      const built = steps.map((step, index) => buildStep(step, index + 1))
      for (const [id] of subagents) refer(built, calls.get(id)?.id ?? id, id)
      return {
        schema_version: 'ATIF-v1.7',
        ...(sessionId === null ? {} : { session_id: sessionId }),
        agent,
        steps:
          built.length > 0
            ? built
            : [{ step_id: 1, source: 'system', message: '', extra: { kind: 'empty' } }],
        ...(children.length === 0 ? {} : { subagent_trajectories: children }),
      }
    },
  }

  /** The subagent that made a call. */
  function ownerOf(call: string): Thread | undefined {
    if (calls.has(call)) return undefined
    for (const { thread: child } of subagents.values()) if (child.awaits(call)) return child
    return undefined
  }

  return thread
}

function extraOf(extra: Extra): { extra?: Record<string, unknown> } {
  return Object.keys(extra).length === 0 ? {} : { extra }
}

type DistributiveOmit<T, Keys extends PropertyKey> = T extends unknown ? Omit<T, Keys> : never

function argumentsOf(given: unknown): Record<string, unknown> {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return { ...given }
  return given === undefined || given === null ? {} : { input: given }
}

/** Item numbers begin again with every process of a CLI. */
function uniqueName(taken: ReadonlyMap<string, unknown>, name: string): string {
  let unique = name
  for (let number = 2; taken.has(unique); number += 1) unique = `${name}#${number}`
  return unique
}

function addStats(one: ThreadStats, other: ThreadStats): ThreadStats {
  return {
    steps: {
      system: one.steps.system + other.steps.system,
      user: one.steps.user + other.steps.user,
      agent: one.steps.agent + other.steps.agent,
    },
    messages: one.messages + other.messages,
    reasoning: one.reasoning + other.reasoning,
    calls: one.calls + other.calls,
    unpaired: [...one.unpaired, ...other.unpaired],
    orphanResults: one.orphanResults + other.orphanResults,
    subagents: one.subagents + other.subagents,
    lastMessage: one.lastMessage,
    modelCalls: [...one.modelCalls, ...other.modelCalls],
  }
}
