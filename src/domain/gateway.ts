import * as z from 'zod'
import { pricesFileSchema } from './prices.ts'

/** The protocols whose bodies the gateway reads. */
export const wireIds = ['anthropic-messages', 'openai-responses', 'openai-chat', 'gemini'] as const
export type WireId = (typeof wireIds)[number]

/** A provider's family of endpoints, with its own header for the key and its own shape of errors. */
export const apiIds = ['anthropic', 'openai', 'gemini'] as const
export type ApiId = (typeof apiIds)[number]

const count = z.number().int().nonnegative()
const nanoUsd = z.number().int().nonnegative()

export const tokenCountsSchema = z.strictObject({
  /** Neither read from the provider's cache nor written to it. */
  input: count,
  cachedInput: count,
  /** To stay for minutes. */
  cacheWrite: count,
  cacheWriteHour: count,
  /** Reasoning included. */
  output: count,
  /** Of `output`; null where the provider does not tell. */
  reasoning: count.nullable(),
})
export type TokenCounts = z.infer<typeof tokenCountsSchema>

const key = z.string().regex(/^[\x21-\x7e]{8,8192}$/, 'a key is one word of printable characters')

/** The first path segment of a base URL that agents are given: `/NAME/...`. */
const upstreamName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/)

/**
 * What the gateway is told when it starts, as one JSON on a descriptor: it holds the keys, so it is neither an argument
 * nor an environment variable nor a file.
 */
export const gatewayConfigSchema = z.strictObject({
  run: z.string().regex(/^[\x21-\x7e]{1,200}$/),
  /** What agents send as their key. */
  token: z.string().regex(/^[A-Za-z0-9_-]{16,256}$/),
  listen: z
    .strictObject({
      /** Path of a unix socket, which must not exist. */
      socket: z.string().optional(),
      /** Of the loopback; 0 for any. */
      port: z.number().int().min(0).max(65535).optional(),
    })
    .refine(({ socket, port }) => socket !== undefined || port !== undefined, 'give a socket or a port'),
  upstreams: z.record(
    upstreamName,
    z.strictObject({
      api: z.enum(apiIds),
      /** With the version: `https://api.anthropic.com/v1`. */
      baseUrl: z.url({ protocol: /^https?$/ }),
      key,
      /** Anthropic's subscription tokens go in the `authorization` header. Default: as the API has it. */
      keyHeader: z.enum(['x-api-key', 'x-goog-api-key', 'authorization']).optional(),
    }),
  ),
  models: z.strictObject({
    declared: z.array(z.string().min(1)).min(1),
    /** What becomes of a request for another one. It is recorded either way. */
    others: z.enum(['refuse', 'allow']),
  }),
  prices: pricesFileSchema.shape.prices,
  /** JSON lines with one line per request. */
  ledger: z.string(),
  cap: z
    .strictObject({
      /** Shared by all gateways of the experiment. */
      file: z.string(),
      runUsd: z.number().positive().optional(),
      experimentUsd: z.number().positive().optional(),
    })
    .optional(),
  /** On the machine's boot clock. */
  deadlineBootMs: z.number().optional(),
  patience: z
    .strictObject({
      /** A request waits no longer than this for a provider that asks to wait, or fails. */
      requestMs: z.number().nonnegative().default(280_000),
      /** When requests have waited longer than this, the attempt is the provider's failure. */
      attemptMs: z.number().nonnegative().default(1_800_000),
      /** First pause where the provider names none; doubled each time. */
      firstMs: z.number().positive().default(1_000),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** Of one request. */
      bodyBytes: z
        .number()
        .int()
        .positive()
        .default(32 * 1024 * 1024),
      /** Of all requests that are being served. */
      heldBytes: z
        .number()
        .int()
        .positive()
        .default(128 * 1024 * 1024),
      requests: z.number().int().positive().default(128),
      /** How long an answer that nobody waits for any more is read on, for its usage. */
      drainMs: z.number().nonnegative().default(30_000),
      /** Lines of the ledger for requests that cost nothing; beyond, they are counted only. */
      freeLines: z.number().int().nonnegative().default(100_000),
    })
    .prefault({}),
})
export type GatewayConfig = z.infer<typeof gatewayConfigSchema>
/** As it is written, with what has a default left out. */
export type GatewayConfigInput = z.input<typeof gatewayConfigSchema>

export const refusalReasons = [
  'bad_token',
  'no_such_endpoint',
  'bad_request',
  'too_large',
  'busy',
  'model_not_declared',
  'not_metered',
  'no_price',
  'budget_run',
  'budget_experiment',
  'deadline',
  'provider_failed',
  'not_recorded',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

const asked = {
  at: z.iso.datetime(),
  /** Of this gateway, from 1. */
  request: count,
  /** `messages`, `count_tokens`, `responses`, `compact`, `chat`, `generate`, `models`; null for what is none of them. */
  kind: z.string().nullable(),
  upstream: z.string().nullable(),
  model: z.string().nullable(),
}

/** A line of `ledger.jsonl`. A metered request has a `sent` line first, so that what a killed gateway did is known. */
export const ledgerLineSchema = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('opened'), at: z.iso.datetime(), run: z.string(), gateway: z.string() }),
  z.strictObject({
    event: z.literal('sent'),
    ...asked,
    wire: z.enum(wireIds),
    declared: z.boolean(),
    streamed: z.boolean(),
    /** Upper bounds. Null where the catalogue knows no price, or no maximum. */
    promptBound: count,
    outputBound: count.nullable(),
    reservedNanoUsd: nanoUsd.nullable(),
  }),
  z.strictObject({
    event: z.literal('done'),
    ...asked,
    metered: z.boolean(),
    /** What the agent got; null when it had left before. */
    status: z.number().int().nullable(),
    /**
     * `cut`: the provider ended in the middle. `left`: the agent did; `stopped`: nothing was served any more. In these two
     * the rest was read for its usage. `failed`: there was no answer.
     */
    end: z.enum(['whole', 'left', 'cut', 'stopped', 'failed']),
    /** Null when the provider told none. */
    tokens: tokenCountsSchema.nullable(),
    /** Whether `tokens` are the provider's final word. */
    final: z.boolean(),
    /** Of `tokens`; null for a model without a price. */
    costNanoUsd: nanoUsd.nullable(),
    /** What counts against the caps: the reservation where the provider's final word never came. */
    chargedNanoUsd: nanoUsd,
    tries: count,
    waitedMs: z.number().nonnegative(),
    firstByteMs: z.number().nonnegative().nullable(),
    totalMs: z.number().nonnegative(),
    responseBytes: count,
  }),
  z.strictObject({
    event: z.literal('refused'),
    ...asked,
    status: z.number().int(),
    reason: z.enum(refusalReasons),
  }),
  z.strictObject({
    event: z.literal('closed'),
    at: z.iso.datetime(),
    why: z.enum(['asked', 'deadline']),
    requests: count,
    tokens: tokenCountsSchema,
    costNanoUsd: nanoUsd,
    chargedNanoUsd: nanoUsd,
    /** Models that were used and have no price: their tokens are in `tokens`, their cost is nowhere. */
    unpriced: z.array(z.string()),
    waitedMs: z.number().nonnegative(),
    providerFailed: z.boolean(),
    /** Requests that cost nothing and have no line, see `limits.freeLines`. */
    uncountedLines: count,
  }),
])
export type LedgerLine = z.infer<typeof ledgerLineSchema>

/** A line of the file that holds what an experiment has spent, see `src/gateway/budget.ts`. */
export const spendLineSchema = z.discriminatedUnion('event', [
  z.strictObject({
    event: z.literal('reserve'),
    id: z.string(),
    run: z.string(),
    nanoUsd,
    runCapNanoUsd: nanoUsd.nullable(),
    experimentCapNanoUsd: nanoUsd.nullable(),
  }),
  z.strictObject({ event: z.literal('settle'), id: z.string(), nanoUsd }),
])
export type SpendLine = z.infer<typeof spendLineSchema>

/** What the gateway says on its stdout, one JSON a line. */
export const gatewayEventSchema = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('ready'), socket: z.string().nullable(), port: z.number().nullable() }),
  /** Once: requests have waited too long, or the account has no quota. */
  z.strictObject({
    event: z.literal('provider_failed'),
    reason: z.enum(['provider_quota', 'provider_unavailable', 'provider_auth']),
    waitedMs: z.number().nonnegative(),
    status: z.number().int().nullable(),
  }),
  /** Once per cap. */
  z.strictObject({ event: z.literal('budget_exhausted'), cap: z.enum(['run', 'experiment']) }),
  /** The ledger cannot be written: nothing is served until it can. */
  z.strictObject({ event: z.literal('ledger_failed'), message: z.string() }),
])
export type GatewayEvent = z.infer<typeof gatewayEventSchema>
