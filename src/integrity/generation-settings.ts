import { canonicalJson } from '../lib/canonical-json.ts'
import type { SettingChange } from './network-settings.ts'

type Settings = Readonly<Record<string, unknown>>

/** What a value is called when it is off. */
const off = (value: unknown): boolean =>
  value === undefined || value === null || value === false || value === 0 || canonicalJson(value) === '[]'

const outside =
  (low: number, high: number) =>
  (value: unknown): boolean =>
    value !== undefined && value !== null && !(typeof value === 'number' && value >= low && value <= high)

const not =
  (...usual: readonly unknown[]) =>
  (value: unknown): boolean =>
    !off(value) && !usual.includes(value)

/**
 * Settings of generation_config.json and when they are worth a word: values that no one decodes with, and settings that
 * replace sampling by something else or steer it towards given texts. Token ids, temperature, top_p and top_k within
 * reason are every trainer's business.
 */
const remarkable: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['temperature', outside(0, 2)],
  ['top_p', outside(0.01, 1)],
  ['top_k', outside(-1, 1_000_000)],
  ['min_p', outside(0, 0.9)],
  ['typical_p', outside(0.01, 1)],
  ['repetition_penalty', outside(0.8, 1.5)],
  ['max_new_tokens', outside(16, 10_000_000)],
  ['max_length', outside(20, 10_000_000)], // 20 is what libraries write when nobody set it
  ['min_length', not()],
  ['min_new_tokens', not()],
  ['num_beams', not(1)],
  ['num_beam_groups', not(1)],
  ['no_repeat_ngram_size', not()],
  ['encoder_no_repeat_ngram_size', not()],
  ['penalty_alpha', not()],
  ['guidance_scale', not(1)],
  ['dola_layers', not()],
  ['prompt_lookup_num_tokens', not()],
  ['sequence_bias', not()],
  ['bad_words_ids', not()],
  ['force_words_ids', not()],
  ['constraints', not()],
  ['forced_bos_token_id', not()],
  ['forced_eos_token_id', not()],
  ['forced_decoder_ids', not()],
  ['suppress_tokens', not()],
  ['begin_suppress_tokens', not()],
  ['stop_strings', not()],
  ['watermarking_config', not()],
  ['(unreadable)', not()],
])

/** Settings that differ from the base's and are out of the ordinary. */
export function compareGenerationSettings(own: Settings, base: Settings): SettingChange[] {
  return [...remarkable].flatMap(([name, isRemarkable]) => {
    const [a, b] = [own[name], base[name]]
    if (!isRemarkable(a) || canonicalJson(a ?? null) === canonicalJson(b ?? null)) return []
    return [{ name, own: a, base: b }]
  })
}
