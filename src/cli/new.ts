import { realpathSync } from 'node:fs'
import { delimiter, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BenchError } from '../domain/error.ts'
import { isExecutable } from '../lib/is-executable.ts'
import { quoteWord } from '../lib/quote-word.ts'
import { createHarness } from './harness.ts'
import { writeScaffold, type PartKind, type Scaffold } from './new/scaffold.ts'

/** Writes an agent, benchmark or detector and tells what to do next. */
export async function renderNewPart(options: {
  readonly kind: Exclude<PartKind, 'task'>
  readonly name: string
  readonly dir: string
  /** A benchmark in the published format. */
  readonly published: boolean
}): Promise<string> {
  const { name } = options
  const kind = options.published ? taskFor(options.kind) : options.kind
  assertUsable(kind, name)
  const folder = resolve(options.dir)
  const scaffold = await writeScaffold({ kind, name, folder })
  const shown = (path: string): string => relative('', join(folder, path))
  const here = relative('', folder)
  return [
    ...scaffold.written.map((path) => `wrote ${shown(path)}`),
    ...scaffold.kept.map((path) => `kept  ${shown(path)}`),
    ...(scaffold.addToConfig === null
      ? []
      : ['', `add to ${shown('ptb.config.ts')}:`, ...scaffold.addToConfig.map((line) => `  ${line}`)]),
    '',
    'next:',
    ...(here === '' ? [] : [`  cd ${quoteWord(here)}`]),
    ...nextCommands(kind, name, scaffold).map((command) => `  ${command}`),
  ].join('\n')
}

function taskFor(kind: PartKind): 'task' {
  if (kind === 'benchmark') return 'task'
  throw new BenchError(`there is no published format of a part of the kind "${kind}"`, {
    code: 'new/not_published',
    kind: 'usage',
    remedy: 'Leave --published out.',
  })
}

function assertUsable(kind: PartKind, name: string): void {
  const fail = (message: string, remedy: string): never => {
    throw new BenchError(message, { code: 'new/bad_name', kind: 'usage', remedy })
  }
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) || name.length > 40)
    fail(
      `"${name}" cannot be a name`,
      'Use lower-case letters, digits and single "-", at most 40, starting with a letter.',
    )
  const harness = createHarness()
  const builtIn = kind === 'agent' ? [] : kind === 'detector' ? harness.detectors : harness.benchmarks
  if (builtIn.some(({ id }) => id === name))
    fail(`there is a built-in ${kind === 'task' ? 'benchmark' : kind} "${name}"`, 'Choose another name.')
}

function nextCommands(kind: PartKind, name: string, { written }: Scaffold): string[] {
  const program = fileURLToPath(new URL('../../bin/ptb.mjs', import.meta.url))
  const ptb = leadsTo('ptb', program) ? 'ptb' : `node ${quoteWord(program)}`
  const node = leadsTo('node', process.execPath) ? 'node' : quoteWord(process.execPath)
  const tests = written.filter((path) => path.endsWith('.test.ts'))
  const experiment = written.find((path) => path.startsWith('experiments/'))
  return [
    ...tests.map((path) => `${node} --test ${path}`),
    ...(kind === 'agent' ? [] : [`${ptb} check`]),
    ...(experiment === undefined ? [] : [`${ptb} plan ${experiment}`, `${ptb} run ${experiment}`]),
    ...(kind === 'agent' ? [`${ptb} logs ${name}`] : []),
  ]
}

/** Whether a shell here finds this very program under the name. */
function leadsTo(name: string, program: string): boolean {
  const first = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable)
  return first !== undefined && realpathSync(first) === realpathSync(program)
}
