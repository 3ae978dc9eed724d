import { randomBytes } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, readdir, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BenchError } from '../../domain/error.ts'
import type { Item } from '../../domain/benchmark.ts'
import type { RunSpec } from '../../domain/run-spec.ts'
import { hashFolder, sha256 } from '../../lib/hash.ts'
import { removeTree } from '../../lib/remove-tree.ts'
import { agentView, launcher } from '../agent/agent-view.ts'
import { readAgentFolder } from '../plan/agent-folder.ts'
import { assertGpu } from '../evaluation/engine-process.ts'
import { assertJudge } from '../evaluation/scoring-tools.ts'
import { writeForcedTemplate } from '../evaluation/template.ts'
import { readItems } from '../items.ts'
import {
  attemptLayout,
  attemptsPath,
  partialSuffix,
  stagedAttemptLayout,
  type AttemptLayout,
} from '../layout.ts'
import type { Prepared } from '../prepared.ts'
import { payloadUser } from '../sandbox/payload-user.ts'
import { readPromptTemplate, renderPrompt } from '../agent/prompt.ts'
import { programLauncher, provideTask } from '../published/provide-task.ts'
import { selectSandbox } from '../sandbox/select-sandbox.ts'
import { socketsFolder } from '../sandbox/sockets-folder.ts'
import { findLocalEngine } from '../harness.ts'
import type { AttemptContext } from './context.ts'

/** An agent needs room to save checkpoints, and the seal copies the last of them. */
const minFreeBytes = 1024 ** 3

/**
 * Lays out everything that the agent will find, and fails before anything is spent when the machine cannot do it. The
 * attempt's folder appears as a whole, so a worker that stood still meanwhile cannot meddle with what another one prepared.
 */
export async function prepareAttempt(context: AttemptContext): Promise<Prepared> {
  const { runPath, attempt, fence } = context
  const { root } = attemptLayout(runPath, attempt)
  const newStage = (): AttemptLayout => stagedAttemptLayout(runPath, attempt, randomBytes(6).toString('hex'))
  await mkdir(attemptsPath(runPath), { recursive: true })
  fence()
  if (existsSync(root)) renameSync(root, newStage().root)
  for (const name of await readdir(attemptsPath(runPath)))
    if (name.endsWith(partialSuffix)) await removeTree(join(attemptsPath(runPath), name))
  const stage = newStage()
  try {
    const prepared = await layOut(context, stage)
    fence()
    renameSync(stage.root, root)
    return prepared
  } finally {
    await removeTree(stage.root)
  }
}

async function layOut(context: AttemptContext, stage: AttemptLayout): Promise<Prepared> {
  const { harness, run, runPath, attempt } = context
  const { spec } = run
  const { protocol } = await context.rules()
  const {
    benchmark,
    items: { train, test },
  } = await readItems(harness, spec.benchmark, protocol)
  assertJudge({ benchmark, protocol, access: await harness.judge() })
  await mkdir(stage.live, { recursive: true })
  await assertFreeSpace(stage.root)
  await assertUnchanged('base model', spec.baseModel.path, spec.baseModel.hash)

  const {
    sandbox,
    probe: { flags },
  } = await selectSandbox(spec.sandbox, harness.sandboxes)
  assertGpu(findLocalEngine(harness, spec.engine), { sandbox, flags })
  const { python } = await harness.python()
  await takeOverAgent(run.spec.agent, stage.agent)
  const view = agentView({
    runPath,
    attempt,
    flags,
    baseModelPath: spec.baseModel.path,
    socketsPath: socketsFolder(attemptLayout(runPath, attempt).root),
    bundlesPath: (await harness.bundles()).dir,
    environmentsPath: harness.environmentsPath,
    python,
    pythonMounts: [],
    chatTemplate: protocol.chatTemplate,
  })

  await writeForcedTemplate({
    protocol,
    baseModel: spec.baseModel,
    items: { test },
    file: stage.chatTemplate,
  })
  const { template } = await readPromptTemplate(protocol.prompt)
  const prompt = renderPrompt(template, {
    model: spec.baseModel.id,
    benchmark: benchmark.title,
    notes: benchmark.agentNotes,
    budgetHours: spec.budget.hours,
    gpus: spec.budget.gpus,
    limits: spec.limits,
    network: spec.network,
    baseModel: view.baseModel,
    workspace: view.workspace,
  })
  await writeFile(stage.prompt, prompt)
  const { program } = benchmark
  const evaluate = program === undefined ? launcher(view, 'evaluate') : programLauncher(view)
  const programs = { evaluate, timer: launcher(view, 'timer') }
  const task =
    program === undefined
      ? { paths: [], programs: [] }
      : await provideTask({ program, hash: spec.benchmark.itemsHash, protocol, workspace: stage.live })
  await writeWorkspace(stage.live, {
    'PROMPT.md': { content: prompt, mode: 0o644 },
    evaluate: { content: programs.evaluate, mode: 0o755 },
    timer: { content: programs.timer, mode: 0o755 },
    ...(train.length === 0 ? {} : { 'data/train.jsonl': { content: trainingFile(train), mode: 0o644 } }),
  })
  const user = await payloadUser({
    slotUser: context.sandboxUser(),
    flags,
    python,
    paths: [stage.live, stage.agent, view.baseModel, view.bundles, view.environments],
  })
  if (user !== null)
    for (const path of [
      '',
      'PROMPT.md',
      'evaluate',
      'timer',
      ...(train.length === 0 ? [] : ['data', 'data/train.jsonl']),
      ...withFolders(task.paths),
    ])
      await chown(join(stage.live, path), user.uid, user.gid)
  return {
    sandbox: sandbox.id,
    flags: { ...flags, limits: [...flags.limits] },
    user,
    python,
    promptHash: sha256(prompt),
    provided: [
      ...Object.entries(programs).map(([path, content]) => ({ path, sha256: sha256(content) })),
      ...task.programs,
    ],
    canary: `ptb-${randomBytes(24).toString('hex')}`,
  }
}

/** Files, and every folder that they lie in. */
function withFolders(paths: readonly string[]): ReadonlySet<string> {
  return new Set(
    paths.flatMap((path) => path.split('/').map((_, at, names) => names.slice(0, at + 1).join('/'))),
  )
}

/** Copies the agent's folder as it was locked; a folder that changed since then is not the agent of this run. */
async function takeOverAgent(agent: RunSpec['agent'], target: string): Promise<void> {
  const { files, hash } = await readAgentFolder(agent.path)
  if (hash !== agent.hash)
    throw new BenchError(
      `the folder of agent "${agent.name}" has changed since the run was planned: ${agent.path}`,
      {
        code: 'agent/changed',
        kind: 'environment',
        remedy: 'Undo the change, or give the changed agent a new name in the experiment file.',
      },
    )
  for (const file of files) {
    await mkdir(dirname(join(target, file.path)), { recursive: true })
    await copyFile(file.source, join(target, file.path))
    await chmod(join(target, file.path), file.mode | 0o444)
  }
}

async function writeWorkspace(
  root: string,
  files: Readonly<Record<string, { readonly content: string; readonly mode: number }>>,
): Promise<void> {
  for (const [path, { content, mode }] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content, { mode })
    await chmod(join(root, path), mode)
  }
}

/** The training items in the form that agents get them: an answer worth full marks for each. */
function trainingFile(train: readonly Item[]): string {
  return train
    .map(({ messages, tools, completion, target }) =>
      JSON.stringify({
        messages,
        ...(tools === undefined ? {} : { tools }),
        completion: completion ?? target,
      }),
    )
    .map((line) => `${line}\n`)
    .join('')
}

async function assertUnchanged(what: string, path: string, hash: string): Promise<void> {
  const now = await hashFolder(path)
  if (now.hash === hash) return
  throw new BenchError(`the ${what} in ${path} is not the one that the run was planned with`, {
    code: 'model/changed',
    kind: 'environment',
    remedy: 'Restore its files, then run the experiment again.',
  })
}

async function assertFreeSpace(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(path)
  if (bavail * bsize >= minFreeBytes) return
  throw new BenchError(`less than 1 GiB is free in ${path}`, {
    code: 'disk/full',
    kind: 'environment',
    remedy: 'Free some space, or name another folder with --results.',
  })
}
