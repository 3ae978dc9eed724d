import { existsSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { EvaluationMetrics } from '../../domain/evaluation.ts'
import type { Protocol } from '../../domain/protocol.ts'
import { openJsonlWriter, readJsonl } from '../../lib/jsonl.ts'

/** What one evaluation changes of its protocol: nothing of it is a change of the rules, but `overrides`. */
export interface Conditions {
  /** From 1, over all rungs of the protocol's ladder. */
  readonly attempt: number
  /** With examples before each question: the few-shot baseline has a sampling of its own. */
  readonly fewShot: number
  /** Checkpoint folder, whose own settings say whether it decodes greedily; empty for an endpoint, which does not say. */
  readonly modelPath: string
  readonly overrides?: EvaluationMetrics['overrides']
}

/** How often an evaluation may be tried. */
export function countAttempts({ ladder }: Protocol): number {
  return ladder.reduce((sum, { attempts }) => sum + attempts, 0)
}

/** The protocol as it applies to one attempt: token limits of its rung, and the passes that are worth making. */
export async function applyConditions(
  protocol: Protocol,
  { attempt, fewShot, modelPath, overrides }: Conditions,
  benchmark: string,
): Promise<Protocol> {
  const { fewShotSampling: examples } = protocol
  const sampling =
    fewShot > 0 && examples !== undefined ? { ...protocol.sampling, ...examples } : protocol.sampling
  const single =
    sampling.greedyOnce && (sampling.temperature ?? (await ownTemperature(modelPath))) === 0
      ? { seeds: sampling.seeds.slice(0, 1) }
      : {}
  return {
    ...protocol,
    sampling: { ...sampling, ...single },
    maxTokens: {
      ...protocol.maxTokens,
      ...rungOf(protocol, attempt)?.maxTokens,
      ...(overrides?.maxTokens === undefined ? {} : { [benchmark]: overrides.maxTokens }),
    },
  }
}

function rungOf({ ladder }: Protocol, attempt: number): Protocol['ladder'][number] | undefined {
  let before = 0
  return ladder.find(({ attempts }) => (before += attempts) >= attempt)
}

/** Of the submission's `generation_config.json`; engines take 1 where it says nothing. `do_sample` is ignored, as vLLM does. */
async function ownTemperature(modelPath: string): Promise<number> {
  if (modelPath === '') return 1
  const text = await readFile(join(modelPath, 'generation_config.json'), 'utf8').catch(() => '{}')
  try {
    return z.object({ temperature: z.number() }).parse(JSON.parse(text)).temperature
  } catch {
    return 1
  }
}

/** One line of `aborted.jsonl`. */
export const abortSchema = z.object({ attempt: z.number().int().positive(), reason: z.string() })

/** Why the attempts so far ended without a score. Afterwards there are no samples but those of the next one. */
export async function readAborted(path: string): Promise<string[]> {
  const { lines } = await readJsonl(abortLog(path))
  const aborted = lines.map(({ value }) => abortSchema.parse(value).reason)
  await putSamplesAside(path, aborted.length)
  return aborted
}

/** Keeps what an aborted attempt had, and makes room for the next, which begins anew. */
export async function putAside(
  path: string,
  { attempt, reason }: z.infer<typeof abortSchema>,
): Promise<void> {
  {
    using writer = openJsonlWriter(abortLog(path), { sync: true })
    writer.append({ attempt, reason })
  }
  await putSamplesAside(path, attempt)
}

/** Done again where a crash came between: every attempt that was aborted had a file of samples. */
async function putSamplesAside(path: string, attempt: number): Promise<void> {
  const samples = join(path, 'samples.jsonl')
  const aside = join(path, `samples.aborted-${attempt}.jsonl`)
  if (attempt > 0 && existsSync(samples) && !existsSync(aside)) await rename(samples, aside)
}

function abortLog(path: string): string {
  return join(path, 'aborted.jsonl')
}
