import { relative, join } from 'node:path'
import type { ScoringProgram } from '../../domain/benchmark.ts'
import { BenchError } from '../../domain/error.ts'
import type { Protocol } from '../../domain/protocol.ts'
import { hashFile } from '../../lib/hash.ts'
import { changed, copyTaskFiles, readTaskFolder, type TaskFile, type TaskFolder } from './task-folder.ts'
import { writeTemplates } from './templates.ts'

const contextFolder = 'task_context/'
/** Of the agent's workspace: ours, or what an agent is told to make. */
const takenNames: ReadonlySet<string> = new Set([
  'PROMPT.md',
  'data',
  'evaluate',
  'evaluate.py',
  'evaluation_code',
  'final_model',
  'templates',
  'timer',
])

/** Files that agents get beside the program, by their places in the workspace. */
export function contextFiles({ path: folder, files }: Pick<TaskFolder, 'path' | 'files'>): TaskFile[] {
  const context = files
    .filter(({ path }) => path.startsWith(contextFolder))
    .map((file) => ({ ...file, path: file.path.slice(contextFolder.length) }))
  const taken = context.find(({ path }) => takenNames.has(path.split('/')[0] ?? ''))
  if (taken === undefined) return context
  throw new BenchError(`the task in ${folder} has ${contextFolder}${taken.path}, whose place is taken`, {
    code: 'config/invalid_task',
    kind: 'usage',
    remedy: `Rename it: in the workspace ${[...takenNames].join(', ')} are something else.`,
  })
}

export interface ProvidedTask {
  /** Everything that was written, relative to the workspace. */
  readonly paths: readonly string[]
  /** What no agent should change, with its sha256. */
  readonly programs: readonly { readonly path: string; readonly sha256: string }[]
}

/** Lays a task into a workspace as the published system does: program, its code, templates, and the task's own files. */
export async function provideTask(options: {
  readonly program: ScoringProgram
  /** From the lock. */
  readonly hash: string
  readonly protocol: Pick<Protocol, 'templateDate'>
  readonly workspace: string
}): Promise<ProvidedTask> {
  const { program, hash, workspace } = options
  const folder = await readTaskFolder(program.path)
  if (folder.hash !== hash) throw changed(program.path)
  const code = folder.files.filter(
    ({ path }) => path === 'evaluate.py' || path.startsWith('evaluation_code/'),
  )
  const context = contextFiles(folder)
  await copyTaskFiles(folder, [
    ...code.map((file) => ({ ...file, target: join(workspace, file.path) })),
    ...context.map((file) => ({
      ...file,
      path: contextFolder + file.path,
      target: join(workspace, file.path),
    })),
  ])
  const templates = await Promise.all(
    (await writeTemplates(join(workspace, 'templates'), options.protocol)).map(async (path) => ({
      path: relative(workspace, path),
      sha256: await hashFile(path),
    })),
  )
  const programs = [...code.map(({ path, sha256 }) => ({ path, sha256 })), ...templates]
  return { paths: [...programs, ...context].map(({ path }) => path), programs }
}

/**
 * `./evaluate` of such a task: its own program, with its own options. `--model` is what the prompt says, `--model-path` what
 * the format does.
 */
export function programLauncher({ python }: { readonly python: string }): string {
  return `#!/bin/sh
for word do
  shift
  case $word in
    --model) word=--model-path ;;
    --model=*) word=--model-path=\${word#--model=} ;;
  esac
  set -- "$@" "$word"
done
here=$(dirname "$0")
exec "${python}" "$here/evaluate.py" --templates-dir "$here/templates" --model-path final_model "$@"
`
}
