import { canonicalJson } from '../lib/canonical-json.ts'
import { isJsonObject } from '../lib/strict-json.ts'

type Settings = Readonly<Record<string, unknown>>

/** What it means that a setting is missing: that of its architecture, or what follows from others, or a known value. */
const required = Symbol('required')
const derived = Symbol('derived')

/**
 * Settings of config.json that change what the network computes. Not here: what concerns training (dropout,
 * initialisation), the tokenizer's ids, storage (dtype), limits and the library (versions, caches).
 */
const computing: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['hidden_size', required],
  ['intermediate_size', required],
  ['num_hidden_layers', required],
  ['num_attention_heads', required],
  ['num_key_value_heads', required],
  ['head_dim', derived],
  ['hidden_act', required],
  ['hidden_activation', required],
  ['rms_norm_eps', required],
  ['layer_norm_eps', required],
  ['query_pre_attn_scalar', required],
  ['rope', required],
  ['layer_types', derived],
  ['no_rope_layers', derived],
  ['max_window_layers', derived],
  ['sliding_window_pattern', derived],
  ['attention_bias', false],
  ['mlp_bias', false],
  ['sliding_window', null],
  ['final_logit_softcapping', null],
  ['attn_logit_softcapping', null],
  ['attention_multiplier', null],
  ['residual_multiplier', null],
  ['embedding_multiplier', null],
  ['logits_scaling', null],
  ['quantization_config', null],
  // The default of `PretrainedConfig`, which leaves it out when it saves.
  ['tie_word_embeddings', true],
  ['(unreadable)', null],
])

export interface SettingChange {
  readonly name: string
  readonly own: unknown
  readonly base: unknown
}

/** What the base leaves to its architecture cannot be compared; what the submission leaves out has changed. */
export function compareNetworkSettings(own: Settings, base: Settings): SettingChange[] {
  const mine = normalise(textPart(own))
  const theirs = normalise(textPart(base))
  return [...computing].flatMap(([name, missing]) => {
    const [a, b] = [mine[name] ?? missing, theirs[name] ?? missing]
    if (b === required || a === derived || b === derived) return []
    if (a === required) return [{ name, own: undefined, base: b }]
    return canonicalJson(a) === canonicalJson(b) ? [] : [{ name, own: a, base: b }]
  })
}

/** Models that also see keep the settings of their language model one level deeper. */
export function textPart(config: Settings): Settings {
  const text = config['text_config']
  return isJsonObject(text) ? { tie_word_embeddings: config['tie_word_embeddings'], ...text } : config
}

/** Transformers 5 gathers in `rope_parameters` what versions 4 spread over `rope_theta` and `rope_scaling`. */
function normalise(settings: Settings): Settings {
  const { rope_parameters: gathered, rope_theta: theta, rope_local_base_freq: local } = settings
  const parameters = isJsonObject(gathered) ? gathered : settings['rope_scaling']
  const perLayer = isJsonObject(gathered) ? Object.values(gathered).filter(isJsonObject) : []
  const ropes =
    perLayer.length > 0
      ? perLayer.map((layer) => plainRope(theta, layer))
      : [plainRope(theta, parameters), ...(local === undefined ? [] : [plainRope(local, null)])]
  const known = ropes.filter((rope) => Object.keys(rope).length > 1)
  const rope = known.length === 0 ? undefined : known.map((one) => canonicalJson(one)).sort()
  return { ...settings, rope, sliding_window: windowOf(settings) }
}

function plainRope(theta: unknown, more: unknown): Record<string, unknown> {
  const { type, ...rest } = isJsonObject(more) ? more : {}
  const all = { rope_type: type ?? 'default', rope_theta: theta ?? undefined, ...rest }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== null))
}

/** A window that is switched off is none: libraries write either. */
function windowOf(settings: Settings): unknown {
  return settings['use_sliding_window'] === false ? null : settings['sliding_window']
}
