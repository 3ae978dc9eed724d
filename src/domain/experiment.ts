import * as z from 'zod'

const name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    'use lower-case letters, digits, ".", "_" and "-", at most 64, starting with a letter or digit',
  )

export const limitsSchema = z.strictObject({
  cpus: z.number().positive().optional().describe('CPU cores'),
  memoryGiB: z.number().positive().optional().describe('memory in GiB'),
  pids: z.number().int().positive().optional().describe('processes and threads'),
  diskGiB: z.number().positive().optional().describe('disk space of the workspace in GiB'),
  shmGiB: z.number().positive().optional().describe('/dev/shm in GiB, on top of the memory'),
  outputMiB: z
    .number()
    .positive()
    .optional()
    .describe("the agent's output that is kept, in MiB, default 256; the rest is counted and dropped"),
})

/** What happens when an agent ends by itself with time left. */
export const repromptSchema = z.union(
  [
    z.enum(['off', 'once']),
    z.strictObject({
      untilMinutesLeft: z.number().positive().describe('again and again, until less than this is left'),
    }),
  ],
  { error: 'write off, once, or { untilMinutesLeft: 30 }' },
)
export type Reprompt = z.infer<typeof repromptSchema>

export const agentEntrySchema = z.strictObject({
  path: z.string().describe('folder with a solve.sh, relative to this file'),
  config: z.string().default('').describe('free text, given to the agent as $AGENT_CONFIG'),
})

export const budgetSchema = z
  .strictObject({
    hours: z.number().positive().max(200).optional().describe('wall-clock hours for the agent'),
    minutes: z.number().positive().max(12_000).optional().describe('wall-clock minutes for the agent'),
    gpus: z.number().int().nonnegative().default(0).describe('GPUs per run'),
  })
  .refine((budget) => (budget.hours === undefined) !== (budget.minutes === undefined), {
    message: 'give the budget either as hours or as minutes',
  })

/**
 * What `ptb gc` keeps of a finished run. `weights`: the sealed weights and everything that a verdict rests on.
 * `hashes`: of the weights only what `seal.json` says. `all`: everything.
 */
export const keepSchema = z.enum(['weights', 'hashes', 'all'])
export type Keep = z.infer<typeof keepSchema>

export const notifyEvents = ['experiment_finished', 'run_finished', 'infra_failure', 'stuck'] as const

export const notifySchema = z.strictObject({
  command: z.array(z.string()).min(1).describe('program and arguments; gets one JSON object on its stdin'),
  on: z
    .array(z.enum(notifyEvents))
    .min(1)
    .default(['experiment_finished', 'infra_failure', 'stuck'])
    .describe('experiment_finished, run_finished, infra_failure, stuck'),
  timeoutSeconds: z.number().positive().max(600).default(30).describe('after which the command is killed'),
})
export type Notify = z.infer<typeof notifySchema>

/** The experiment file: which agents meet which base models and benchmarks, and under what budget. */
export const experimentSchema = z.strictObject({
  name: name.describe('name of the experiment and of its folder under results/'),
  protocol: z.string().describe('rules of scoring, from catalog/protocols/'),
  baseModels: z.array(z.string()).min(1).describe('base models, from catalog/models.yaml'),
  benchmarks: z.array(z.string()).min(1).optional().describe('benchmarks; default: all of the protocol'),
  agents: z.record(name, agentEntrySchema).describe('agents by the name they have on the leaderboard'),
  budget: budgetSchema.describe('what each run may use'),
  repeats: z.number().int().min(1).max(1000).default(1).describe('runs per cell'),
  limits: limitsSchema.default({}).describe('resources of each run'),
  reprompt: repromptSchema
    .default('off')
    .describe('asking an agent that ended early to go on: off, once, or { untilMinutesLeft: 30 }'),
  sandbox: z.string().default('auto').describe('auto, bubblewrap or host'),
  network: z.enum(['isolated', 'open']).default('isolated').describe("the agent's network"),
  engine: z.string().default('transformers').describe('what serves the checkpoint'),
  scheduler: z
    .strictObject({
      kind: z.literal('local').default('local'),
      slots: z
        .number()
        .int()
        .positive()
        .optional()
        .describe('runs at a time; default: cores divided by limits.cpus'),
    })
    .default({ kind: 'local' }),
  infraRetries: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe('further attempts after an infrastructure failure'),
  graceSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(10)
    .describe('time between the polite signal and the kill'),
  keep: keepSchema
    .default('weights')
    .describe('what `ptb gc` keeps of finished runs: all, weights (and all evidence), or hashes'),
  notify: notifySchema.optional().describe('a command of your own that is told what happens'),
})
export type Experiment = z.infer<typeof experimentSchema>
