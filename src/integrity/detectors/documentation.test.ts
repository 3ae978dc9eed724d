import { spawnSync } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { temporaryFolder } from '../../../test/fixtures/checkpoint.ts'
import { policySchema } from '../../domain/policy.ts'
import { detectors } from './registry.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const guidePath = join(root, 'docs/extending/detector.md')
const guide = await readFile(guidePath, 'utf8')

describe('the example of the guide', async () => {
  const folder = await temporaryFolder()
  afterAll(async () => await folder[Symbol.asyncDispose]())
  const files = exampleFiles()
  // Other modules are those of the source tree; packages are found as they are there.
  await writeFile(join(folder.path, 'package.json'), '{"type":"module"}')
  await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'))
  for (const { path, code } of files) {
    const here = (specifier: string): string =>
      specifier.startsWith('./') ? specifier : resolve(root, dirname(path), specifier)
    const text = code.replaceAll(/from '(\.[^']+)'/g, (_, specifier: string) => `from '${here(specifier)}'`)
    await writeFile(join(folder.path, basename(path)), text)
  }

  test('is a detector and its test', () => {
    expect(files.map(({ path }) => path)).toEqual([
      'src/integrity/detectors/out-of-memory.ts',
      'src/integrity/detectors/out-of-memory.test.ts',
    ])
  })

  test('passes the type checker', async () => {
    await mkdir(join(folder.path, 'check'))
    const config = { extends: join(root, 'tsconfig.json'), include: ['../*.ts'] }
    await writeFile(join(folder.path, 'check/tsconfig.json'), JSON.stringify(config))
    const tsc = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(folder.path, 'check')], {
      encoding: 'utf8',
    })
    expect(tsc.stdout + tsc.stderr).toBe('')
    expect(tsc.status).toBe(0)
  })

  test('has rules for all its kinds', async () => {
    const module: object = await import(join(folder.path, 'out-of-memory.ts'))
    const { rules } = policySchema.parse({ id: 'example', rules: parse(codeBlocks('yaml')[0]?.code ?? '') })
    const kinds = [...new Set(rules.map(({ finding }) => finding.replace('out-of-memory/', '')))]
    expect(module).toMatchObject({ outOfMemory: { id: 'out-of-memory' } })
    expect(Object.values(module).map(({ kinds }) => Object.keys(kinds))).toEqual([kinds])
  })

  // Its own tests become tests of this suite.
  await import(join(folder.path, 'out-of-memory.test.ts'))
})

test('the table of all detectors is that of the registry and the default policy', async () => {
  const policy = policySchema.parse(
    parse(await readFile(join(root, 'catalog/policies/default.yaml'), 'utf8')),
  )
  const [before = '', after = ''] = guide.split(/<!-- detectors -->[^]*<!-- \/detectors -->/)
  const expected = `${before}<!-- detectors -->\n\n${renderTable(policy)}\n<!-- /detectors -->${after}`
  if (process.env['UPDATE'] === '1' && !process.env['CI']) await writeFile(guidePath, expected)
  expect(await readFile(guidePath, 'utf8')).toBe(expected)
})

function codeBlocks(language: string): { lead: string; code: string }[] {
  const blocks = guide.matchAll(new RegExp(`([^\\n]*)\\n\\n\`\`\`${language}\\n([^]*?)\`\`\`\\n`, 'g'))
  return [...blocks].map(([, lead = '', code = '']) => ({ lead, code }))
}

/** Each block of code is introduced by a line with its path. */
function exampleFiles(): { path: string; code: string }[] {
  return codeBlocks('ts').map(({ lead, code }) => ({ path: /`([^`]+\.ts)`/.exec(lead)?.[1] ?? '', code }))
}

/** A Markdown table as the formatter leaves it. */
function renderTable({ rules }: ReturnType<typeof policySchema.parse>): string {
  const rows = detectors.flatMap(({ id, kinds }) =>
    Object.entries(kinds).map(([kind, meaning]) => {
      const actions = rules
        .filter(({ finding }) => finding === `${id}/${kind}`)
        .map(({ atLeast, action, as }) => `${atLeast > 0 ? `≥ ${atLeast}: ` : ''}${action} \`${as}\``)
      return [`\`${id}\``, `\`${kind}\``, meaning, actions.join('; ')]
    }),
  )
  const all = [['detector', 'kind', 'what it means', 'default policy'], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`
  const [head = [], ...body] = all
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('')
}
