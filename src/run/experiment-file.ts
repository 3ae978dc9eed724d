import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isMap, isScalar, LineCounter, parseDocument, type Document, type YAMLError } from 'yaml'
import { BenchError } from '../domain/error.ts'
import { experimentSchema, type Experiment } from '../domain/experiment.ts'
import { closest } from '../lib/closest.ts'
import { describeIssues, suggest, type Mistake, type Path } from './experiment-issues.ts'

export interface ExperimentFile {
  readonly experiment: Experiment
  /** The file as it is. */
  readonly text: string
  /** Agents' folders are relative to the file. */
  readonly agentPath: (path: string) => string
}

/** What an experiment may name, for messages that say where the mistake is. Absent: names are not checked. */
export interface KnownNames {
  readonly protocols: readonly { readonly id: string; readonly benchmarks: readonly string[] }[]
  readonly baseModels: readonly string[]
  readonly engines: readonly string[]
  readonly sandboxes: readonly string[]
  /** GPUs of the machines that runs can be placed on. */
  readonly gpus: number
}

/** Reads an experiment file. Everything that is wrong with it is told at once, each with its place. */
export async function readExperimentFile(path: string, known?: KnownNames): Promise<ExperimentFile> {
  const text = await readText(path)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const agentPath = (folder: string): string => resolve(dirname(path), folder)
  const checked = document.errors.length > 0 ? null : checkContent(document, agentPath, known)
  if (checked !== null && 'experiment' in checked && checked.mistakes.length === 0)
    return { experiment: checked.experiment, text, agentPath }
  const problems =
    checked === null
      ? document.errors.map((error) => ({ offset: error.pos[0], message: describeSyntax(error, text) }))
      : checked.mistakes.map(({ at, message }) => ({ offset: offsetOf(document, at), message }))
  const told = problems
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, message }) => {
      const { line, col } = lines.linePos(offset)
      return `  ${path}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${message}`
    })
  const count = told.length === 1 ? 'a mistake' : `${told.length} mistakes`
  throw new BenchError(`the experiment file has ${count}:\n${told.join('\n')}`, {
    code: 'experiment/invalid',
    kind: 'usage',
    remedy: 'Correct it and run the command again; `ptb init` writes a file that explains every key.',
  })
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const isFolder = error instanceof Error && 'code' in error && error.code === 'EISDIR'
    throw new BenchError(
      isFolder ? `${path} is a folder, not an experiment file` : `there is no experiment file ${path}`,
      {
        code: 'experiment/no_file',
        kind: 'usage',
        remedy: isFolder ? 'Name the file in it, such as experiment.yaml.' : 'Write one with `ptb init`.',
        cause: error,
      },
    )
  }
}

interface Checked {
  readonly mistakes: readonly Mistake[]
}

function checkContent(
  document: Document,
  agentPath: (path: string) => string,
  known: KnownNames | undefined,
): Checked | (Checked & { readonly experiment: Experiment }) {
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return { mistakes: [{ at: [], message: error instanceof Error ? error.message : String(error) }] }
  }
  const parsed = experimentSchema.safeParse(content)
  if (!parsed.success) return { mistakes: describeIssues(parsed.error.issues, content) }
  const experiment = parsed.data
  const mistakes = [
    ...checkBudget(experiment, known),
    ...checkAgents(experiment, agentPath),
    ...checkRepetitions(experiment),
    ...(known === undefined ? [] : checkNames(experiment, known)),
  ]
  return { experiment, mistakes }
}

function checkBudget({ budget, graceSeconds }: Experiment, known: KnownNames | undefined): Mistake[] {
  const seconds = (budget.hours ?? 0) * 3600 + (budget.minutes ?? 0) * 60
  const mistakes: Mistake[] = []
  if (seconds <= graceSeconds)
    mistakes.push({
      at: ['budget', budget.hours === undefined ? 'minutes' : 'hours'],
      message: `the budget of ${seconds} s is not longer than graceSeconds (${graceSeconds} s)`,
    })
  if (known !== undefined && budget.gpus > known.gpus)
    mistakes.push({
      at: ['budget', 'gpus'],
      message: `budget.gpus: ${budget.gpus} per run, but there ${known.gpus === 1 ? 'is 1 GPU' : `are ${known.gpus} GPUs`} here`,
    })
  return mistakes
}

function checkAgents(experiment: Experiment, agentPath: (path: string) => string): Mistake[] {
  const agents = Object.entries(experiment.agents)
  if (agents.length === 0) return [{ at: ['agents'], message: 'agents must name at least 1' }]
  return agents.flatMap(([name, { path }]) => {
    const folder = agentPath(path)
    const at = ['agents', name, 'path']
    if (!isFolder(folder)) return [{ at, message: `there is no folder ${folder}${suggestSibling(folder)}` }]
    if (!isFile(join(folder, 'solve.sh')))
      return [{ at, message: `there is no solve.sh in ${folder}: it is the program that is started as the agent` }]
    return []
  })
}

function checkRepetitions(experiment: Experiment): Mistake[] {
  return (['baseModels', 'benchmarks'] as const).flatMap((key) => {
    const names = experiment[key] ?? []
    return names.flatMap((name, index) =>
      names.indexOf(name) === index
        ? []
        : [{ at: [key, index], message: `"${name}" is named twice: its runs would be the same` }],
    )
  })
}

function checkNames(experiment: Experiment, known: KnownNames): Mistake[] {
  const mistakes: Mistake[] = []
  const check = (at: Path, what: string, name: string, names: readonly string[]): void => {
    if (!names.includes(name)) mistakes.push({ at, message: `unknown ${what} "${name}"${suggest(name, names)}` })
  }
  const protocol = known.protocols.find(({ id }) => id === experiment.protocol)
  check(['protocol'], 'protocol', experiment.protocol, known.protocols.map(({ id }) => id))
  for (const [index, name] of experiment.baseModels.entries())
    check(['baseModels', index], 'base model', name, known.baseModels)
  if (protocol !== undefined)
    for (const [index, name] of (experiment.benchmarks ?? []).entries())
      check(['benchmarks', index], `benchmark of ${protocol.id}:`, name, protocol.benchmarks)
  check(['engine'], 'engine', experiment.engine, known.engines)
  check(['sandbox'], 'sandbox', experiment.sandbox, ['auto', ...known.sandboxes])
  return mistakes
}

function suggestSibling(folder: string): string {
  try {
    const near = closest(basename(folder), readdirSync(dirname(folder)))
    return near === undefined ? '' : `; did you mean "${near}"?`
  } catch {
    return ''
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

/** The parser's messages are for those who know YAML's terms. */
function describeSyntax(error: YAMLError, text: string): string {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? ''
    return `the key "${key}" is there twice`
  }
  if (error.code === 'MULTIPLE_DOCS') return 'a second document starts here: one file holds one experiment'
  if (error.code === 'TAB_AS_INDENT') return 'indent with spaces, not with tabs'
  const [message = ''] = error.message.split('\n')
  return message.replace(/ at line \d+, column \d+:?$/, '')
}

/** Where the value of a path stands, or its key; for a key that is missing, where its parent does. */
function offsetOf(document: Document, at: Path): number {
  for (let length = at.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(at.slice(0, length - 1), true)
    const name = at[length - 1]
    if (isMap(parent)) {
      const key = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(name))?.key
      if (isScalar(key) && key.range) return key.range[0]
    }
    const node: unknown = document.getIn(at.slice(0, length), true)
    if (isScalar(node) && node.range) return node.range[0]
  }
  return 0
}
