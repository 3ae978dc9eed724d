import { expect, test } from 'vitest'
import type { Sandbox, SandboxFlags } from '../../domain/sandbox.ts'
import { createBubblewrap } from '../../sandboxes/bubblewrap.ts'
import { selectSandbox } from './select-sandbox.ts'
import { runCommand } from '../../lib/process.ts'

const flags: SandboxFlags = {
  isolatesFiles: false,
  isolatesNetwork: false,
  isolatesProcesses: false,
  guardDropsUser: false,
  gpu: false,
  limits: [],
}

function sandbox(id: string, available: boolean): Sandbox {
  return {
    id,
    title: id,
    probe: async () =>
      available
        ? { available, detail: 'here', flags }
        : { available, detail: `${id} is missing`, remedy: `Install ${id}.`, flags },
    command: () => ({ argv: [], env: {} }),
  }
}

test('auto takes the first that works', async () => {
  const choices = [sandbox('first', false), sandbox('second', true), sandbox('third', true)]
  expect((await selectSandbox('auto', choices)).sandbox.id).toBe('second')
  expect((await selectSandbox('third', choices)).sandbox.id).toBe('third')
})

test('a named one that does not work is an error that says why and what to do', async () => {
  await expect(
    selectSandbox('first', [sandbox('first', false), sandbox('second', true)]),
  ).rejects.toMatchObject({
    code: 'sandbox/unavailable',
    message: 'no sandbox is available here (first: first is missing)',
    remedy: 'Install first.',
  })
})

test('an unknown name is a usage error that lists the known ones', async () => {
  await expect(selectSandbox('jail', [sandbox('first', true)])).rejects.toMatchObject({
    code: 'sandbox/unknown',
    kind: 'usage',
    remedy: 'Choose one of: auto, first.',
  })
})

test('bubblewrap says how to get it where it is not installed', async () => {
  const probe = await createBubblewrap({ self: null, path: '/nowhere', run: runCommand }).probe()
  expect(probe).toMatchObject({ available: false, detail: 'bwrap is not installed' })
  expect(probe.remedy).toContain('apt install bubblewrap')
})
