import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../src/lib/process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Step {
  readonly title: string
  readonly script: string
  /** Lines that must be printed; `…` stands for anything. */
  readonly expected: readonly string[]
}

/** What a reader of the tutorial types, and what the tutorial says that is printed then. */
function readSteps(markdown: string): Step[] {
  const blocks = [...markdown.matchAll(/^## (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm)]
  const steps: Step[] = []
  let title = ''
  for (const [, heading, language, content = ''] of blocks) {
    const last = steps.at(-1)
    if (heading !== undefined) title = heading
    else if (language === 'sh') steps.push({ title, script: content, expected: [] })
    else if (language === 'text' && last !== undefined)
      steps[steps.length - 1] = { ...last, expected: content.trimEnd().split('\n') }
  }
  return steps
}

const steps = readSteps(await readFile(join(root, 'docs/tutorial.md'), 'utf8'))

/** In order and in one folder: each builds on what the ones before left. */
describe('the tutorial', () => {
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ptb-tutorial-'))
    await mkdir(join(folder, 'bin'))
    await mkdir(join(folder, 'work'))
    await writeFile(
      join(folder, 'bin/ptb'),
      `#!/bin/sh\nexec "${process.execPath}" "${root}bin/ptb.mjs" "$@"\n`,
    )
    await chmod(join(folder, 'bin/ptb'), 0o755)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('has commands', () => {
    expect(steps.length).toBeGreaterThan(5)
  })

  it.each(steps.map((step, index) => ({ number: index + 1, ...step })))(
    'step $number, $title: works and prints what it says',
    async ({ title, script, expected }) => {
      const { code, stdout, stderr } = await runCommand(
        ['bash', '--norc', '-euo', 'pipefail', '-c', script],
        {
          cwd: join(folder, 'work'),
          env: {
            PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
            HOME: process.env['HOME'] ?? '',
            USER: 'reader',
          },
          timeoutMs: 600_000,
        },
      )
      const printed = `${stdout}\n${stderr}`.split('\n').map(squeeze)
      expect(code, `${title}:\n${script}\n${stdout}\n${stderr}`).toBe(0)
      for (const line of expected)
        expect(
          printed.some((candidate) => pattern(line).test(candidate)),
          `"${line}" in\n${printed.join('\n')}`,
        ).toBe(true)
    },
  )
})

function pattern(line: string): RegExp {
  const parts = squeeze(line).split('…')
  return new RegExp(
    `^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('.*')}$`,
  )
}

function squeeze(line: string): string {
  return line.trim().replaceAll(/\s+/g, ' ')
}
