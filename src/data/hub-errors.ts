import { BenchError } from '../domain/error.ts'

/** Failures that may be gone when it is tried again. */
export function isTransient(error: unknown): boolean {
  return error instanceof BenchError && transient.has(error.code)
}

const transient: ReadonlySet<string> = new Set([
  'hub/unreachable',
  'hub/interrupted',
  'hub/server',
  'hub/rate_limited',
])

/** What was asked for, in words: a repository with its revision, or a URL. */
export interface Asked {
  readonly what: string
  /** Page where terms are accepted. */
  readonly page?: string
  readonly host: string
  readonly hasToken: boolean
}

/**
 * What an answer of the hub that is no success means. Of the answer only the status and the names of errors that the
 * hub documents are used: its text may say anything, also what was sent.
 */
export function createAnswerError(response: Response, asked: Asked): BenchError {
  const { status } = response
  const code = response.headers.get('x-error-code') ?? ''
  if (code === 'GatedRepo') return createGatedError(asked)
  if (code === 'RepoNotFound')
    return failure(
      'hub/repository_not_found',
      `${asked.what}: the repository does not exist, or is private`,
      {
        remedy: asked.hasToken
          ? 'Compare its name in the catalogue; the account of the token may not see it.'
          : 'Compare its name in the catalogue. For a private one set HF_TOKEN, or give --token-file.',
      },
    )
  if (code === 'RevisionNotFound')
    return failure('hub/revision_not_found', `${asked.what}: there is no such revision`, {
      remedy: 'Compare the revision in the catalogue with the commits of the repository.',
    })
  if (code === 'EntryNotFound')
    return failure('hub/file_not_found', `${asked.what}: there is no such file in this revision`, {
      remedy: 'Compare the path in the catalogue with the files of the repository.',
    })
  if (status === 401 || status === 403)
    return asked.hasToken
      ? failure('hub/token_refused', `${asked.what}: ${asked.host} refuses the token (${status})`, {
          remedy: 'Make a new token that may read this repository, and set HF_TOKEN or give --token-file.',
        })
      : failure('hub/token_needed', `${asked.what}: ${asked.host} asks for a token (${status})`, {
          remedy: 'Set HF_TOKEN, or give --token-file.',
        })
  if (status === 404)
    return failure('hub/not_found', `${asked.what}: ${asked.host} does not have it (404)`, {
      remedy: 'Compare the entry of the catalogue, and the endpoint.',
    })
  if (status === 429)
    return failure(
      'hub/rate_limited',
      `${asked.what}: ${asked.host} answers that these are too many requests`,
      {
        remedy:
          'Wait some minutes and run the command again: it goes on where it stopped. A token raises the limit.',
      },
    )
  if (status >= 500)
    return failure('hub/server', `${asked.what}: ${asked.host} fails (${status})`, {
      remedy: 'Run the command again later: it goes on where it stopped.',
    })
  return failure('hub/unexpected', `${asked.what}: ${asked.host} answers ${status}`, {
    remedy: 'Check the endpoint: HF_ENDPOINT or --endpoint.',
  })
}

function createGatedError(asked: Asked): BenchError {
  const page = asked.page ?? asked.what
  return failure(
    'hub/gated',
    `${asked.what} is gated: its owner asks for an account that has accepted the terms`,
    {
      remedy: asked.hasToken
        ? `Accept the terms at ${page} with the account of the token; access may have to be granted by the owner.`
        : `Accept the terms at ${page}, then set HF_TOKEN or give --token-file with a token of that account.`,
    },
  )
}

export function createNotHubError(asked: Asked): BenchError {
  return failure(
    'hub/not_a_hub',
    `${asked.what}: ${asked.host} answers with something else, such as a web page`,
    {
      remedy:
        'Check the endpoint (HF_ENDPOINT or --endpoint), and whether a proxy or a sign-in page answers instead.',
    },
  )
}

export function createUnreachableError(asked: Asked, cause: unknown): BenchError {
  return failure('hub/unreachable', `${asked.what}: ${asked.host} cannot be reached (${nameCause(cause)})`, {
    remedy: 'Check the network. A mirror can be set with HF_ENDPOINT or --endpoint.',
    cause,
  })
}

export function createInterruptedError(asked: Asked, why: string, cause?: unknown): BenchError {
  return failure('hub/interrupted', `${asked.what}: the download broke off (${why})`, {
    remedy: 'Run the command again: it goes on where it stopped.',
    cause,
  })
}

/** `ECONNREFUSED` and the like: fetch hides it in the cause. */
export function nameCause(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (inner instanceof Error && 'code' in inner && typeof inner.code === 'string') return inner.code
  if (inner instanceof Error && inner.name === 'TimeoutError') return 'no answer in time'
  return 'connection lost'
}

function failure(code: string, message: string, more: { remedy: string; cause?: unknown }): BenchError {
  return new BenchError(message, { code, kind: 'environment', ...more })
}
