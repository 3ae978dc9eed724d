import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BenchError } from '../../domain/error.ts'
import { configName } from '../config/find-config.ts'

/** `task`: a benchmark in the published format. */
export type PartKind = 'agent' | 'benchmark' | 'detector' | 'task'

export interface Scaffold {
  /** Paths relative to the folder. */
  readonly written: readonly string[]
  /** Were there already, and may serve several parts. */
  readonly kept: readonly string[]
  /** What the config that was kept has to get, or null where nothing is to be done. */
  readonly addToConfig: readonly string[] | null
}

interface File {
  readonly path: string
  readonly template: string
  /** Serves several parts: one that is there is left as it is. */
  readonly shared?: true
}

/** Writes a part that works as it stands, and what it needs around it. Overwrites nothing. */
export async function writeScaffold(options: {
  readonly kind: PartKind
  readonly name: string
  readonly folder: string
}): Promise<Scaffold> {
  const { kind, name, folder } = options
  const files = filesOf[kind](name)
  const taken = files.find(({ path, shared }) => shared !== true && existsSync(join(folder, path)))
  if (taken !== undefined)
    throw new BenchError(`${join(folder, taken.path)} is there already`, {
      code: 'new/exists',
      kind: 'usage',
      remedy: 'Nothing was written. Choose another name or --dir, or remove it.',
    })
  const values = valuesOf(kind, name)
  const written: string[] = []
  const kept: string[] = []
  for (const { path, template } of files) {
    const target = join(folder, path)
    if (existsSync(target)) {
      kept.push(path)
      continue
    }
    const content = fill(
      await readFile(new URL(`templates/${template}.txt`, import.meta.url), 'utf8'),
      values,
    )
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, content, { flag: 'wx', mode: path.endsWith('.sh') ? 0o755 : 0o644 })
    written.push(path)
  }
  return { written, kept, addToConfig: kept.includes(configName) ? configLines(kind, values) : null }
}

const sharedFiles: readonly File[] = [
  { path: configName, template: 'shared/config.ts', shared: true },
  { path: 'tsconfig.json', template: 'shared/tsconfig.json', shared: true },
]

const filesOf: Readonly<Record<PartKind, (name: string) => readonly File[]>> = {
  agent: (name) => [
    { path: `agents/${name}/solve.sh`, template: 'agent/solve.sh' },
    { path: `agents/${name}/agent.yaml`, template: 'agent/agent.yaml' },
    { path: `experiments/${name}-agent.yaml`, template: 'agent/experiment.yaml' },
  ],
  benchmark: (name) => [
    { path: `benchmarks/${name}/index.ts`, template: 'benchmark/index.ts' },
    { path: `benchmarks/${name}/items.jsonl`, template: 'benchmark/items.jsonl' },
    { path: `benchmarks/${name}/${name}.test.ts`, template: 'benchmark/test.ts' },
    { path: `catalog/protocols/${name}-v1.yaml`, template: 'benchmark/protocol.yaml' },
    { path: `experiments/${name}-benchmark.yaml`, template: 'benchmark/experiment.yaml' },
    { path: 'agents/submits-base/solve.sh', template: 'benchmark/submits-base.sh', shared: true },
    ...sharedFiles,
  ],
  task: (name) => [
    { path: `tasks/${name}/evaluate.py`, template: 'task/evaluate.py' },
    { path: `tasks/${name}/benchmark.txt`, template: 'task/benchmark.txt' },
    { path: `tasks/${name}/evaluation_code/questions.json`, template: 'task/questions.json' },
    { path: `tasks/${name}/task_context/examples.md`, template: 'task/examples.md' },
    { path: `catalog/protocols/${name}-v1.yaml`, template: 'task/protocol.yaml' },
    { path: `experiments/${name}-benchmark.yaml`, template: 'benchmark/experiment.yaml' },
    { path: 'agents/submits-base/solve.sh', template: 'benchmark/submits-base.sh', shared: true },
    ...sharedFiles,
  ],
  detector: (name) => [
    { path: `detectors/${name}.ts`, template: 'detector/index.ts' },
    { path: `detectors/${name}.test.ts`, template: 'detector/test.ts' },
    ...sharedFiles,
  ],
}

type Values = Readonly<Record<string, string>>

function valuesOf(kind: PartKind, name: string): Values {
  const ident = name.replaceAll(/-+(.)/g, (_, letter: string) => letter.toUpperCase())
  const words = name.replaceAll('-', ' ')
  const variable = kind === 'detector' ? `${ident}Detector` : `${ident}Benchmark`
  const from = kind === 'detector' ? `./detectors/${name}.ts` : `./benchmarks/${name}/index.ts`
  const task = kind === 'task'
  return {
    name,
    ident,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    import: task ? "import { publishedTask } from 'posttrainbench'" : `import { ${variable} } from '${from}'`,
    export: task ? `publishedTask('./tasks/${name}', { maxTokensOption: '--max-tokens' })` : variable,
    family: task ? 'benchmarks' : `${kind}s`,
    catalog: kind === 'benchmark' || task ? "\n  catalog: './catalog'," : '',
    // Absolute: the folder may lie anywhere. They are for editors alone; ptb itself finds them by itself.
    api: JSON.stringify(fileURLToPath(new URL('../../index.ts', import.meta.url))),
    typeRoots: JSON.stringify(dirname(dirname(locateNodeTypes()))),
  }
}

function locateNodeTypes(): string {
  try {
    return createRequire(import.meta.url).resolve('@types/node/package.json')
  } catch {
    return fileURLToPath(new URL('../../../node_modules/@types/node/package.json', import.meta.url))
  }
}

function configLines(kind: PartKind, values: Values): string[] {
  return [
    values['import'] ?? '',
    `${values['family']}: [${values['export']}]`,
    ...(kind === 'benchmark' || kind === 'task' ? ["catalog: './catalog'"] : []),
  ]
}

function fill(template: string, values: Values): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const value = values[key]
    if (value === undefined) throw new Error(`the template asks for an unknown value: ${key}`)
    return value
  })
}
