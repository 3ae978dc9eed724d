import { expect, it } from 'vitest'
import { golden } from '../../test/golden.ts'
import { vllm } from './vllm.ts'

const spec = {
  modelPath: '/models/submission',
  modelName: 'submission',
  port: 8000,
  python: '/opt/env/bin/python',
  environmentPath: '/opt/ptb/environments',
  cpus: 16,
}

/**
 * Flags of `vllm serve`, as the documented argument lists of 0.10.1 and of 0.12 have them, between which 0.11.0 lies, and
 * those of later versions up to the latest still do.
 */
const knownSince0_11 = [
  '--served-model-name',
  '--host',
  '--port',
  '--load-format',
  '--generation-config',
  '--gpu-memory-utilization',
  '--tensor-parallel-size',
  '--seed',
  '--enable-auto-tool-choice',
  '--tool-call-parser',
  '--chat-template',
  '--disable-uvicorn-access-log',
]

function renderCommand(command: ReturnType<typeof vllm.command>): string {
  const env = Object.entries(command.env).map(([name, value]) => `${name}=${value}`)
  return [...env, ...command.argv].map((word) => `${word}\n`).join('')
}

it.each([
  ['forced-template', { chatTemplatePath: '/models/chat_template.jinja' }],
  ['own-template', {}],
  ['beside-training-on-3-gpus', { gpus: 3, gpuMemoryShare: 0.3 }],
])('gives the command of test/fixtures/engines/vllm/%s', async (name, more) => {
  const command = renderCommand(vllm.command({ ...spec, ...more }))
  expect(command).toBe(await golden(command, `engines/vllm/${name}.txt`))
})

it('uses no flag that 0.11.0 or a current version does not know', () => {
  const { argv } = vllm.command({ ...spec, chatTemplatePath: '/t', gpus: 8, gpuMemoryShare: 0.5 })
  expect(argv.filter((word) => word.startsWith('--')).sort()).toEqual([...knownSince0_11].sort())
})

it('never loads code or pickled weights of a submission', () => {
  const { argv } = vllm.command(spec)
  expect(argv).not.toContain('--trust-remote-code')
  expect(argv[argv.indexOf('--load-format') + 1]).toBe('safetensors')
})

it.each([
  [1, '1'],
  [2, '2'],
  [3, '2'],
  [8, '8'],
])('spreads the model over a power of two of %i GPUs', (gpus, size) => {
  const { argv } = vllm.command({ ...spec, gpus })
  expect(argv[argv.indexOf('--tensor-parallel-size') + 1]).toBe(size)
})
