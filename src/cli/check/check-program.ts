import { chmod, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Benchmark, ScoringProgram } from '../../domain/benchmark.ts'
import { inertLine } from '../../lib/inert-text.ts'
import { runCommand } from '../../lib/process.ts'
import { removeTree } from '../../lib/remove-tree.ts'
import type { Harness } from '../../run/harness.ts'
import { measure } from '../../run/published/measure.ts'
import { readTaskFolder } from '../../run/published/task-folder.ts'
import { payloadUser } from '../../run/sandbox/payload-user.ts'
import { selectSandbox } from '../../run/sandbox/select-sandbox.ts'
import { createSlot } from '../../run/slot.ts'
import { readPythonEnvironment } from '../../setup/python.ts'
import { checkRule, type CheckResult } from './check-result.ts'

const options = ['--model-path', '--limit', '--json-output-file', '--templates-dir']
/** Everybody has it, and it needs no GPU. */
const model = 'nano-base'
const trialLimit = 2

const parseScript = 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read(), "evaluate.py")'

/** What a task in the published format must keep. It is tried out where the Python environment has been set up. */
export async function checkProgram(
  { id }: Benchmark,
  program: ScoringProgram,
  harness: Harness,
): Promise<CheckResult[]> {
  const environment = await readPythonEnvironment()
  const evaluate = join(program.path, 'evaluate.py')
  return [
    await checkRule('holds evaluate.py and benchmark.txt, and no links', async () => {
      await readTaskFolder(program.path)
      return null
    }),
    await checkRule('evaluate.py is Python', async () => {
      const python = environment?.python ?? 'python3'
      const parsed = await runCommand([python, '-I', '-c', parseScript, evaluate], { timeoutMs: 30_000 })
      return parsed.code === 0 ? null : lastLine(parsed.stderr) || (parsed.error ?? 'it cannot be parsed')
    }),
    await checkRule(`evaluate.py takes ${options.join(', ')}`, async () => {
      const text = await readFile(evaluate, 'utf8')
      const wanted = [...options, ...(program.maxTokensOption === undefined ? [] : [program.maxTokensOption])]
      const missing = wanted.filter((option) => !text.includes(option))
      return missing.length === 0 ? null : `it does not name ${missing.join(', ')}`
    }),
    environment === null
      ? { rule: `gives ${model} a score (not tried: \`ptb setup\` has not been run)`, problem: null }
      : await checkRule(`gives ${model} a score on ${trialLimit} items, alone in a sandbox`, () =>
          tryOut(id, program, { ...harness, python: () => Promise.resolve(environment) }),
        ),
  ]
}

async function tryOut(id: string, program: ScoringProgram, harness: Harness): Promise<string | null> {
  const signal = new AbortController().signal
  const catalog = await harness.catalog()
  const {
    sandbox,
    probe: { flags },
  } = await selectSandbox('auto', harness.sandboxes)
  const { python } = await harness.python()
  const modelPath = catalog.modelPath(model)
  using slot = createSlot(1)
  await slot.take({ signal })
  const workPath = await mkdtemp(join(tmpdir(), `ptb-check-${id}-`))
  await chmod(workPath, 0o755) // for whoever the program becomes
  try {
    const { metrics, failure } = await measure({
      harness,
      sandbox,
      flags,
      user: await payloadUser({ slotUser: slot.user(), flags, python, paths: [modelPath] }),
      limits: {},
      program,
      folder: await readTaskFolder(program.path),
      protocol: { templateDate: 'today' },
      modelPath,
      limit: trialLimit,
      workPath: join(workPath, 'program'),
      signal,
    })
    return metrics === null ? failure.detail : null
  } finally {
    await removeTree(workPath)
  }
}

function lastLine(text: string): string {
  return inertLine(text.trimEnd().split('\n').at(-1) ?? '')
}
