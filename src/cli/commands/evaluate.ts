import { buildCommand } from '@stricli/core'
import { configFlag, jsonFlag, parseCount, parseCountOrNone } from '../flags.ts'

interface Flags {
  readonly benchmark: readonly string[]
  readonly protocol: string
  readonly 'base-model'?: string
  readonly engine: string
  readonly endpoint?: string
  readonly 'key-file'?: string
  readonly limit?: number
  readonly 'max-tokens'?: number
  readonly 'few-shot': number
  readonly sandbox: string
  readonly out: string
  readonly config?: string
  readonly json: boolean
}

export const evaluate = buildCommand({
  async func(flags: Flags, model: string) {
    const { evaluateModel } = await import('../evaluate.ts')
    process.exitCode = await evaluateModel({
      ...flags,
      model,
      baseModel: flags['base-model'],
      keyFile: flags['key-file'],
      maxTokens: flags['max-tokens'],
      fewShot: flags['few-shot'],
    })
  },
  parameters: {
    flags: {
      benchmark: {
        kind: 'parsed',
        parse: String,
        brief: 'benchmarks; default: all of the protocol',
        placeholder: 'NAME',
        variadic: ',',
        default: [],
      },
      protocol: {
        kind: 'parsed',
        parse: String,
        brief: 'rules of scoring',
        default: 'corrected',
        placeholder: 'NAME',
      },
      'base-model': {
        kind: 'parsed',
        parse: String,
        brief:
          'whose chat template the protocol forces: a model of the catalogue or a folder; default: MODEL',
        placeholder: 'MODEL',
        optional: true,
      },
      engine: {
        kind: 'parsed',
        parse: String,
        brief: 'what serves the checkpoint',
        default: 'transformers',
        placeholder: 'NAME',
      },
      endpoint: {
        kind: 'parsed',
        parse: String,
        brief: 'an OpenAI-compatible endpoint instead; MODEL is then its name there',
        placeholder: 'URL',
        optional: true,
      },
      'key-file': {
        kind: 'parsed',
        parse: String,
        brief: "file with the endpoint's key, readable by you alone; default: $ENDPOINT_API_KEY",
        placeholder: 'FILE',
        optional: true,
      },
      limit: {
        kind: 'parsed',
        parse: parseCount,
        brief: 'first N items only',
        placeholder: 'N',
        optional: true,
      },
      'max-tokens': {
        kind: 'parsed',
        parse: parseCount,
        brief: 'new tokens for an item',
        placeholder: 'N',
        optional: true,
      },
      'few-shot': {
        kind: 'parsed',
        parse: parseCountOrNone,
        brief: 'examples before each question',
        default: '0',
        placeholder: 'N',
      },
      sandbox: {
        kind: 'parsed',
        parse: String,
        brief: 'what isolates engine and programs',
        default: 'auto',
        placeholder: 'NAME',
      },
      out: {
        kind: 'parsed',
        parse: String,
        brief: 'folder that gets samples and scores; a repeated command goes on where it was',
        default: 'evaluations',
        placeholder: 'DIR',
      },
      config: configFlag,
      json: jsonFlag,
    },
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: 'model of the catalogue, checkpoint folder, or name at the endpoint',
          parse: String,
          placeholder: 'MODEL',
        },
      ],
    },
  },
  docs: {
    brief: 'evaluates one model, by the rules of a protocol',
    fullDescription:
      'The evaluation that every submission gets, for any checkpoint or endpoint: same requests, same scoring, every sample\n' +
      'stored. With --limit or --max-tokens the result says so and is no score under the protocol. Answers that a model has to\n' +
      'grade go to $PTB_JUDGE_URL (key: $JUDGE_API_KEY), or to OpenAI (key: $OPENAI_API_KEY); every call is stored and metered.\n\n' +
      'examples:\n  ptb evaluate nano-base --protocol nano-v1\n  ptb evaluate ./final_model --benchmark gsm8k,bfcl --base-model qwen3-1.7b-base --engine vllm\n' +
      '  ptb evaluate my-model --endpoint http://localhost:8000/v1 --benchmark humaneval --limit 8 --json',
  },
})
