import * as z from 'zod'
import type { Agent } from '../../domain/agent.ts'
import type { Benchmark, ScoringProgram } from '../../domain/benchmark.ts'
import type { Config } from '../../domain/config.ts'
import type { Detector } from '../../domain/detector.ts'
import type { LocalEngine, RemoteEngine } from '../../domain/engine.ts'
import { BenchError } from '../../domain/error.ts'
import { isPublishedTask, type PublishedTask } from '../../domain/published-task.ts'
import type { Sandbox } from '../../domain/sandbox.ts'
import { closest } from '../../lib/closest.ts'

const id = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,63}$/,
    'use lower-case letters, digits and "-", at most 64, starting with a letter or digit',
  )
const text = z.string().trim().min(1)
const version = z.number().int().positive()
const func = z.custom<unknown>((value) => typeof value === 'function', { error: 'must be a function' })

// Every key of every contract is here, so that a contract cannot grow without its check.

const program = z.object({
  path: text,
  timeoutHours: z.number().positive().max(240),
  maxTokensOption: z.enum(['--max-tokens', '--max-new-tokens']).optional(),
} satisfies Record<keyof ScoringProgram, z.ZodType>)

const published = z.strictObject({
  ...program.partial({ timeoutHours: true }).shape,
  kind: z.literal('published'),
  id: id.optional(),
  agentNotes: z.string().optional(),
} satisfies Record<keyof PublishedTask, z.ZodType>)

const benchmark = z.object({
  id,
  title: text,
  description: text,
  version,
  metric: z.literal('accuracy'),
  maxTokens: z.number().int().positive(),
  agentNotes: z.string(),
  load: func,
  program: program.optional(),
  datasets: z.array(text).optional(),
  needs: z.array(z.enum(['judge', 'programs'])).optional(),
  probe: z.object({ cut: func, chance: z.number().min(0).max(1) }).optional(),
  score: func,
  summarise: func.optional(),
} satisfies Record<keyof Benchmark, z.ZodType>)

/** Not a union, whose complaint would be about both. */
const benchmarkOrTask = z.unknown().check((context) => {
  const schema = isPublishedTask(context.value) ? published : benchmark
  const issues = schema.safeParse(context.value).error?.issues ?? []
  for (const { message, path } of issues)
    context.issues.push({ code: 'custom', message, path, input: context.value })
})

const detector = z.object({
  id,
  title: text,
  version,
  kinds: z.record(z.string().regex(/^[a-z0-9_]+$/, 'use lower-case letters, digits and "_"'), text),
  detect: func,
} satisfies Record<keyof Detector, z.ZodType>)

const agent = z.object({ id, title: text, command: func } satisfies Record<keyof Agent, z.ZodType>)

const engine = z
  .object({
    id,
    title: text,
    flags: z.object({ gpu: z.boolean(), parsesTools: z.boolean() }),
    readyTimeoutMs: z.number().positive().optional(),
    stallTimeoutMs: z.number().positive().optional(),
    concurrency: z.number().int().positive(),
    packages: z.array(text).optional(),
    command: func.optional(),
    connect: func.optional(),
  } satisfies Record<keyof LocalEngine | keyof RemoteEngine, z.ZodType>)
  .refine(
    ({ command, connect, readyTimeoutMs }) =>
      (connect === undefined) !== (command === undefined || readyTimeoutMs === undefined),
    'give it either command and readyTimeoutMs, or connect',
  )

const sandbox = z.object({
  id: id.refine((name) => name !== 'auto', '"auto" lets ptb choose, so it cannot be a name'),
  title: text,
  probe: func,
  command: func,
} satisfies Record<keyof Sandbox, z.ZodType>)

const configSchema = z.strictObject({
  benchmarks: z.array(benchmarkOrTask).optional(),
  detectors: z.array(detector).optional(),
  agents: z.array(agent).optional(),
  engines: z.array(engine).optional(),
  sandboxes: z.array(sandbox).optional(),
  catalog: text.optional(),
  data: text.optional(),
} satisfies Record<keyof Config, z.ZodType>)

/** What a config file exported, checked against the contracts as far as looking at it can tell. */
export function parseConfig(exported: unknown, file: string): Config {
  const parsed = configSchema.safeParse(exported)
  // Its own objects, not zod's copies: a leaf may use `this`. The schema has looked at every part of the contract.
  if (parsed.success) return exported as Config
  throw new BenchError(
    `${file} does not export a config:\n${parsed.error.issues.map((issue) => `  ${describe(issue, exported)}`).join('\n')}`,
    { code: 'config/invalid', kind: 'usage', remedy: 'See docs/extending/ for what each of them must have.' },
  )
}

function describe(issue: z.core.$ZodIssue, exported: unknown): string {
  const place = describePlace(issue.path, exported)
  if (issue.code !== 'unrecognized_keys') return `${place}: ${describeIssue(issue)}`
  return issue.keys
    .map((key) => {
      const near = closest(key, Object.keys(configSchema.shape))
      return `unknown key "${key}"${near === undefined ? '' : `; did you mean "${near}"?`}`
    })
    .join('; ')
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return issue.message.replace(/^Invalid input: /, '')
}

/** `benchmarks[0] ("mine"): load`. */
function describePlace(path: readonly PropertyKey[], exported: unknown): string {
  const [family, index, ...rest] = path
  if (family === undefined) return 'the default export'
  if (index === undefined) return String(family)
  const name = nameOf(exported, family, index)
  const leaf = `${String(family)}[${String(index)}]${name === null ? '' : ` ("${name}")`}`
  return rest.length === 0 ? leaf : `${leaf}: ${rest.map(String).join('.')}`
}

function nameOf(exported: unknown, family: PropertyKey, index: PropertyKey): string | null {
  const leaf = z.record(z.string(), z.unknown()).safeParse(exported).data?.[String(family)]
  const found: unknown = Array.isArray(leaf) ? leaf[Number(index)] : undefined
  const name = typeof found === 'object' && found !== null && 'id' in found ? found.id : null
  return typeof name === 'string' ? name : null
}
