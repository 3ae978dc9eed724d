import type { Endpoint } from '../domain/engine.ts'
import { readPrices } from '../run/catalog.ts'
import { readEndpointKey } from '../run/evaluation/endpoint-key.ts'
import type { JudgeAccess } from '../run/evaluation/scoring-tools.ts'

/**
 * The grading model's endpoint, from the operator's environment: `PTB_JUDGE_URL` with `PTB_JUDGE_KEY`, or OpenAI's with
 * `OPENAI_API_KEY`; either key may stand in a private file, `PTB_JUDGE_KEY_FILE`. Null where there is none.
 */
export async function readJudgeAccess(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<JudgeAccess | null> {
  const endpoint = readEndpoint(env)
  return endpoint === null ? null : { endpoint, prices: await readPrices() }
}

function readEndpoint(env: Readonly<Record<string, string | undefined>>): Endpoint | null {
  const url = env['PTB_JUDGE_URL']
  const file = env['PTB_JUDGE_KEY_FILE']
  const key = readEndpointKey({
    file,
    env: { ENDPOINT_API_KEY: env[url ? 'PTB_JUDGE_KEY' : 'OPENAI_API_KEY'] },
  })
  if (url) return { url, key }
  return key === null ? null : { url: 'https://api.openai.com/v1', key }
}
