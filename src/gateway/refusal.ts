import type { ApiId, RefusalReason } from '../domain/gateway.ts'

export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `again`: the agent may try it later. `final`: with the status at which its CLI gives up at once. */
type Temper = 'again' | 'final' | 'token' | 'missing' | 'bad' | 'large'

const tempers: Readonly<Record<RefusalReason, Temper>> = {
  bad_token: 'token',
  no_such_endpoint: 'missing',
  bad_request: 'bad',
  too_large: 'large',
  busy: 'again',
  model_not_declared: 'final',
  not_metered: 'final',
  no_price: 'final',
  budget_run: 'final',
  budget_experiment: 'final',
  deadline: 'final',
  provider_failed: 'final',
  not_recorded: 'again',
}

const codes: Partial<Readonly<Record<RefusalReason, string>>> = {
  budget_run: 'budget_exhausted',
  budget_experiment: 'budget_exhausted',
  deadline: 'deadline_passed',
}

/**
 * In the provider's own shape. Claude Code and Gemini CLI give up at 403 and try 429 and 5xx for minutes; Codex CLI tries
 * 401, 402 and 403 five times and gives up at 400; OpenCode gives up at any 4xx but 429.
 */
export function renderRefusal(api: ApiId | null, reason: RefusalReason, message: string): Refusal {
  const status = statusOf(api, tempers[reason])
  const code = codes[reason] ?? reason
  const text = `gateway: ${message}`
  return {
    status,
    headers: {
      'content-type': 'application/json',
      // Anthropic's and OpenAI's libraries go by this one before any status
      'x-should-retry': tempers[reason] === 'again' ? 'true' : 'false',
    },
    body: JSON.stringify(bodyOf(api, status, code, text)),
  }
}

/** That the provider did not answer, in its own shape. */
export function renderProviderError(api: ApiId): Refusal {
  return {
    status: 502,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(bodyOf(api, 502, 'server_error', 'gateway: the provider does not answer')),
  }
}

function statusOf(api: ApiId | null, temper: Temper): number {
  switch (temper) {
    case 'again':
      return 503
    case 'token':
      return 401
    case 'missing':
      return 404
    case 'bad':
      return 400
    case 'large':
      return 413
    case 'final':
      return api === 'openai' ? 400 : 403
  }
}

function bodyOf(api: ApiId | null, status: number, code: string, message: string): unknown {
  switch (api) {
    case 'anthropic':
      return {
        type: 'error',
        error: { type: anthropicTypes[status] ?? 'invalid_request_error', code, message },
      }
    case 'gemini':
      return { error: { code: status, message, status: geminiStates[status] ?? 'INVALID_ARGUMENT' } }
    case 'openai':
    case null:
      return { error: { message, type: 'invalid_request_error', param: null, code } }
  }
}

const anthropicTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  502: 'api_error',
  503: 'overloaded_error',
}

const geminiStates: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
}
