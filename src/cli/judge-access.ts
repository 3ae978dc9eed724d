import type { EngineConnection } from '../domain/engine.ts'
import { BenchError } from '../domain/error.ts'
import { remote } from '../engines/remote.ts'
import { readPrices } from '../run/catalog.ts'
import { readEndpointKey } from '../run/evaluation/endpoint-key.ts'
import type { JudgeAccess } from '../run/evaluation/scoring-tools.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The grading model's endpoint, from the operator's environment: `PTB_JUDGE_URL` with `JUDGE_API_KEY`, or OpenAI's with
 * `OPENAI_API_KEY`; either key may stand in a private file, `PTB_JUDGE_KEY_FILE`. Null where there is none.
 */
export async function readJudgeAccess(env: Environment = process.env): Promise<JudgeAccess | null> {
  const connection = readConnection(env)
  return connection === null ? null : { connection, prices: await readPrices() }
}

function readConnection(env: Environment): EngineConnection | null {
  const url = env['PTB_JUDGE_URL'] ?? ''
  const variable = url === '' ? 'OPENAI_API_KEY' : 'JUDGE_API_KEY'
  const file = env['PTB_JUDGE_KEY_FILE'] || undefined
  const isNamed = (env[variable] ?? '').trim() !== ''
  const key = readEndpointKey({ file, env, ...(isNamed ? { variable } : { env: {} }) })
  if (url === '') return key === null ? null : remote.connect({ url: 'https://api.openai.com/v1', key })
  try {
    return remote.connect({ url, key })
  } catch (error) {
    throw error instanceof BenchError ? invalidUrl(error) : error
  }
}

function invalidUrl(cause: BenchError): BenchError {
  return new BenchError(`PTB_JUDGE_URL: ${cause.message}`, {
    code: 'judge/invalid_url',
    kind: 'usage',
    remedy: cause.remedy ?? '',
    cause,
  })
}
