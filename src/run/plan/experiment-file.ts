import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isMap, isScalar, LineCounter, parseDocument, type Document, type YAMLError } from 'yaml'
import { BenchError } from '../../domain/error.ts'
import { experimentSchema, type Experiment } from '../../domain/experiment.ts'
import { checkExperiment, type KnownNames } from './experiment-checks.ts'
import { describeIssues, type Mistake, type Path } from './experiment-issues.ts'

export interface ExperimentFile {
  readonly experiment: Experiment
  /** The file as it is. */
  readonly text: string
  /** Agents' folders are relative to the file. */
  readonly agentPath: (path: string) => string
}

/** Reads an experiment file. Everything that is wrong with it is told at once, each with its place. */
export async function readExperimentFile(path: string, known?: KnownNames): Promise<ExperimentFile> {
  const text = await readText(path)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const agentPath = (folder: string): string => resolve(dirname(path), folder)
  const checked = document.errors.length > 0 ? null : checkContent(document, agentPath, known)
  if (checked !== null && checked.experiment !== null && checked.mistakes.length === 0)
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
  readonly experiment: Experiment | null
  readonly mistakes: readonly Mistake[]
}

function checkContent(
  document: Document,
  agentPath: (path: string) => string,
  known: KnownNames | undefined,
): Checked {
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return {
      experiment: null,
      mistakes: [{ at: [], message: error instanceof Error ? error.message : String(error) }],
    }
  }
  const parsed = experimentSchema.safeParse(content)
  if (!parsed.success) return { experiment: null, mistakes: describeIssues(parsed.error.issues, content) }
  return { experiment: parsed.data, mistakes: checkExperiment(parsed.data, agentPath, known) }
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
      const key = parent.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(name),
      )?.key
      if (isScalar(key) && key.range) return key.range[0]
    }
    const node: unknown = document.getIn(at.slice(0, length), true)
    if (isScalar(node) && node.range) return node.range[0]
  }
  return 0
}
