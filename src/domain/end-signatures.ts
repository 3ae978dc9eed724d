import type { EndCause } from './end-reason.ts'

export interface EndSignature {
  readonly cause: EndCause
  /** HTTP statuses that the CLI names beside its error. */
  readonly statuses?: readonly number[]
  /** The CLI's own names of kinds of errors. */
  readonly codes?: readonly string[]
  /** In the error's text; each is linear in its length. */
  readonly text?: RegExp
}

/**
 * What agent CLIs say when they end early. The first one that fits names the cause, so what is more certain stands
 * first: a gateway that refuses for the budget answers 400, 402 or 403, and some CLIs call that a failed login.
 */
export const endSignatures: readonly EndSignature[] = [
  {
    cause: 'budget',
    codes: ['billing_error', 'budget_exhausted', 'error_max_budget_usd', 'oauth_org_not_allowed'],
    text: /budget(?: has been| is)?[ _]?(?:exhausted|exceeded|reached)|maximum budget|exceeded.{0,20}budget|spending[_ ]limit|billing[_ ]hard[_ ]limit|credit balance is too low|out of credits/iu,
  },
  {
    cause: 'turn_limit',
    codes: ['error_max_turns', 'FatalTurnLimitedError', 'MaxSessionTurnsError'],
    text: /max(?:imum)? (?:session |number of )?turns|turn limit|loop detected/iu,
  },
  {
    cause: 'quota',
    codes: ['insufficient_quota', 'usage_limit_reached', 'usage_not_included'],
    text: /(?:hit|reached) your (?:\w+ ){0,3}limit|(?:usage|hour|daily|weekly|monthly|opus) limit|limit reached|insufficient[_ ]quota|exceeded your current quota|quota (?:exceeded|exhausted)|exhausted your (?:\w+ ){0,3}(?:quota|capacity)|plan does not (?:yet )?include|billing details/iu,
  },
  {
    cause: 'context_limit',
    codes: [
      'model_context_window_exceeded',
      'context_length_exceeded',
      'ContextOverflowError',
      'MessageOutputLengthError',
    ],
    text: /prompt is too long|context (?:window|length).{0,30}(?:exceed|full|ran out)|ran out of room in the model|maximum context length|input token count.{0,40}exceeds/iu,
  },
  {
    cause: 'policy',
    codes: [
      'refusal',
      'content_filter',
      'content-filter',
      'SAFETY',
      'PROHIBITED_CONTENT',
      'BLOCKLIST',
      'cyber_policy',
      'invalid_prompt',
    ],
    text: /violat\w+ (?:of )?(?:our |the )?(?:usage|content|acceptable use) polic|unable to respond to this request|flagged (?:as|for|by)|content[ _-]?filter|blocked (?:by|due to|for) (?:safety|policy|content)|prohibited[_ ]content|safety (?:reasons|filter|settings)|limited access to this content/iu,
  },
  {
    cause: 'auth',
    codes: [
      'authentication_failed',
      'authentication_error',
      'invalid_api_key',
      'permission_error',
      'UNAUTHENTICATED',
      'ProviderAuthError',
      'FatalAuthenticationError',
      'token_expired',
    ],
    statuses: [401, 403],
    text: /\b401\b|\b403\b|unauthori[sz]ed|unauthenticated|not logged in|please run \/login|invalid (?:x-)?api[ -]?key|api[ _]key.{0,40}(?:missing|not set|not found|not valid|required|must)|invalid auth(?:entication)? (?:method|credentials|token)|failed to (?:authenticate|refresh token|refresh.{0,20}token)|authentication (?:failed|error|required)|token[_ ](?:has )?expired|permission[_ ]denied|login is required|set an auth method|credentials/iu,
  },
  { cause: 'budget', statuses: [402], text: /\b402\b|payment required/iu },
  {
    cause: 'rate_limit',
    codes: ['rate_limit', 'rate_limit_error', 'rate_limit_exceeded', 'RESOURCE_EXHAUSTED'],
    statuses: [429],
    text: /\b429\b|too many requests|rate[ _-]?limit|resource[_ ]exhausted/iu,
  },
  {
    cause: 'network',
    codes: ['connection_failed'],
    text: /fetch failed|unable to connect|connection (?:refused|failed|error|reset|closed)|ECONN\w+|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|network error|error sending request|stream disconnected|waiting for network|socket hang up|tls handshake|timed? ?out|\bterminated\b/iu,
  },
  {
    cause: 'provider',
    codes: ['server_error', 'api_error', 'overloaded_error', 'INTERNAL', 'UNAVAILABLE'],
    statuses: [400, 404, 500, 502, 503, 504, 529],
    text: /api error|\b5\d\d\b|overloaded|high demand|server[- ]side issue|internal server error|service unavailable|bad gateway/iu,
  },
]

/** How a model declines in its last message. Only a run in which it did nothing else is taken for refused. */
export const refusalText =
  /^(?:i(?:'|’)?m (?:really )?sorry|sorry|i apologi[sz]e|unfortunately)?[,.!]?\s*(?:but )?i (?:can(?:'|’)?t|cannot|can not|won(?:'|’)?t|will not|must decline|am (?:not able|unable)|(?:'|’)m (?:not able|unable)|decline)(?: to)? (?:help|assist|comply|do|continue|provide|fulfil|engage|support|participate|with)/iu
