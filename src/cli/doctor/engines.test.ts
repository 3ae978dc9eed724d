import { expect, it } from 'vitest'
import { transformers } from '../../engines/transformers.ts'
import { vllm } from '../../engines/vllm.ts'
import { diagnoseEngine } from './engines.ts'

const machine = { python: '/env/bin/python', versions: { torch: '2.8', transformers: '5.0' }, gpu: false }

it('names the versions that would serve', () => {
  expect(diagnoseEngine(transformers, machine)).toEqual({
    status: 'ok',
    detail: 'torch 2.8, transformers 5.0',
  })
})

it.each([
  ['a package', machine, 'vllm is not in /env/bin/python'],
  ['a GPU', { ...machine, versions: { vllm: '0.11.0' } }, 'vllm 0.11.0; it needs an NVIDIA GPU'],
  ['the environment', { ...machine, python: null }, 'the environment has not been set up'],
])('notes that %s is missing', (_, found, detail) => {
  expect(diagnoseEngine(vllm, found)).toMatchObject({
    status: 'note',
    detail: expect.stringContaining(detail),
  })
})
