import { buildCommand, buildRouteMap } from '@stricli/core'
import { configFlag, jsonFlag } from '../flags.ts'

interface SelectFlags {
  readonly experiment?: string
  readonly all: boolean
  readonly data?: string
  readonly config?: string
  readonly json: boolean
}

interface HubFlags {
  readonly endpoint?: string
  readonly tokenFile?: string
}

const selectFlags = {
  experiment: {
    kind: 'parsed',
    parse: String,
    brief: 'what this experiment needs: data, base models and their siblings',
    placeholder: 'FILE',
    optional: true,
  },
  all: { kind: 'boolean', brief: 'everything in the catalogue', default: false, withNegated: false },
  data: {
    kind: 'parsed',
    parse: String,
    brief: 'folder with data of your own; default: PTB_DATA, else `data` of the config',
    placeholder: 'DIR',
    optional: true,
  },
  config: configFlag,
  json: jsonFlag,
} as const

const hubFlags = {
  endpoint: {
    kind: 'parsed',
    parse: String,
    brief: 'hub or mirror of it; default: HF_ENDPOINT, else https://huggingface.co',
    placeholder: 'URL',
    optional: true,
  },
  tokenFile: {
    kind: 'parsed',
    parse: String,
    brief: "private file with the hub's token; default: HF_TOKEN, HF_TOKEN_PATH, ~/.cache/huggingface/token",
    placeholder: 'FILE',
    optional: true,
  },
} as const

const names = {
  kind: 'array',
  parameter: { brief: 'ids of data or models, from the catalogue', parse: String, placeholder: 'NAME' },
} as const

const plan = buildCommand({
  async func(flags: SelectFlags & HubFlags, ...ids: string[]) {
    const { planCache } = await import('../cache-plan.ts')
    await planCache({ ...flags, ids })
  },
  parameters: { flags: { ...selectFlags, ...hubFlags }, positional: names },
  docs: {
    brief: 'shows what is here, what is missing, and how much that is',
    fullDescription:
      'Sizes that nobody knows yet are asked of the hub, unless HF_HUB_OFFLINE is set. Nothing is downloaded.\n\n' +
      'examples:\n  ptb cache plan\n  ptb cache plan gsm8k-test qwen3-4b-base\n  ptb cache plan --experiment experiment.yaml',
  },
})

const download = buildCommand({
  async func(flags: SelectFlags & HubFlags, ...ids: string[]) {
    const { downloadCache } = await import('../cache-download.ts')
    await downloadCache({ ...flags, ids })
  },
  parameters: { flags: { ...selectFlags, ...hubFlags }, positional: names },
  docs: {
    brief: 'downloads data and models, and goes on where it was interrupted',
    fullDescription:
      'Everything is verified before it takes its place. A branch is resolved to a commit, which is recorded and held to.\n' +
      'For gated ones: accept the terms on the hub, then set HF_TOKEN. The token is sent to the endpoint alone, and never shown.\n\n' +
      'examples:\n  ptb cache download --experiment experiment.yaml\n  ptb cache download gpqa-main --token-file ~/hf-token\n' +
      '  ptb cache download --all --endpoint https://mirror.example',
  },
})

const verify = buildCommand({
  async func(flags: SelectFlags, ...ids: string[]) {
    const { verifyCache } = await import('../cache-verify.ts')
    await verifyCache({ ...flags, ids })
  },
  parameters: { flags: selectFlags, positional: names },
  docs: {
    brief: 'hashes what is here again, and says what is broken',
    fullDescription:
      'Needs no network.\n\nexamples:\n  ptb cache verify\n  ptb cache verify qwen3-4b-base --json',
  },
})

export const cache = buildRouteMap({
  routes: { plan, download, verify },
  docs: {
    brief: 'benchmark data and models: what is here, what is missing, and whether it is whole',
    fullDescription:
      'docs/data.md says what there is, where it lies, and how to supply your own.\n\n' +
      'examples:\n  ptb cache plan\n  ptb cache download --experiment experiment.yaml\n  ptb cache verify',
  },
})
