/** Shapes of keys and tokens that agents are known to print, whoever's they are. */
const shapes: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gu,
  /\b(?:sk|rk|pk)-[A-Za-z0-9_-]{16,}/gu,
  /\bAIza[A-Za-z0-9_-]{30,}/gu,
  /\bya29\.[A-Za-z0-9_-]{20,}/gu,
  /\bhf_[A-Za-z0-9]{16,}/gu,
  /\b(?:gh[pousr]_|github_pat_|glpat-)[A-Za-z0-9_-]{16,}/gu,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/gu,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/gu,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/gu,
  /(?<=\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{16,}/giu,
  /(?<=[a-z0-9_]*(?:api[_-]?key|secret|token|password)["']?\s*[=:]\s*["']?)[^\s"',;]{8,}/giu,
]

/**
 * Last line of defence before text is published: replaces what looks like a credential. The harness keeps real keys
 * out of sandboxes; this is for the agent's own.
 */
export function hideTokens(text: string): string {
  return shapes.reduce((hidden, shape) => hidden.replace(shape, withoutContent), text)
}

/** Line breaks stay, so that line numbers do. */
function withoutContent(match: string): string {
  return `[hidden: looks like a credential]${match.replace(/[^\n]+/gu, '')}`
}
