import { attemptLayout, evaluationPath, evaluationTemplatePath, programWorkPath } from '../layout.ts'
import { agentLaunch } from '../agent/agent-launch.ts'
import { agentView } from '../agent/agent-view.ts'
import { selectSandbox } from '../sandbox/select-sandbox.ts'
import { engineLaunch } from '../evaluation/engine-process.ts'
import { forcedTemplatePath } from '../evaluation/template.ts'
import { findLeaf, findLocalEngine, type Harness } from '../harness.ts'
import { programLaunch } from '../published/program-launch.ts'
import { runPath } from './lock.ts'
import type { Plan, PlannedRun } from './plan.ts'
import { pythonMounts } from '../sandbox/python-mounts.ts'
import { sandboxCommand, type SandboxCommandOptions } from '../sandbox/sandbox-process.ts'
import { createSlot } from '../slot.ts'
import { socketsFolder } from '../sandbox/sockets-folder.ts'

export interface DescribedCommand {
  readonly title: string
  readonly argv: readonly string[]
}

/** Exactly what would be executed for the first run of each cell: outside, and inside under the guard. */
export async function describeCommands(
  harness: Harness,
  plan: Plan,
  experimentPath: string,
): Promise<DescribedCommand[]> {
  const firsts = plan.runs.filter(({ repeat }) => repeat === 1)
  const commands: DescribedCommand[] = []
  for (const run of firsts)
    commands.push(...(await describeRun(harness, plan, run, runPath(experimentPath, run.id))))
  return commands
}

async function describeRun(
  harness: Harness,
  plan: Plan,
  run: PlannedRun,
  path: string,
): Promise<DescribedCommand[]> {
  const { spec } = run
  const {
    sandbox,
    probe: { flags },
  } = await selectSandbox(spec.sandbox, harness.sandboxes)
  const { python } = await harness.python()
  const bundlesPath = (await harness.bundles()).dir
  const layout = attemptLayout(path, 1)
  const protocol = (await harness.catalog()).protocol(spec.protocol.id)
  const socketsPath = socketsFolder(layout.root)
  using slot = createSlot(plan.slots)
  const view = agentView({
    runPath: path,
    attempt: 1,
    flags,
    baseModelPath: spec.baseModel.path,
    socketsPath,
    bundlesPath,
    environmentsPath: harness.environmentsPath,
    python,
    pythonMounts: await pythonMounts(python),
    chatTemplate: protocol.chatTemplate,
  })
  const agent = agentLaunch({
    harness,
    name: `ptb-${run.id}-1`,
    spec,
    sandbox: sandbox.id,
    flags,
    user: slot.user(),
    view,
    socketsPath,
    bundlesPath,
    prompt: '(the prompt: attempts/1/prompt.md)',
    canary: '(random)',
    deadlineBootMs: 0,
  })
  const owner = evaluationPath(path, protocol.id, 1)
  const described = [
    { title: `${run.id}: worker`, argv: [...harness.ptb, 'worker', path, '--slots', String(plan.slots)] },
    ...describeLaunch(`${run.id}: agent`, agent),
  ]
  const { program } = findLeaf('benchmark', harness.benchmarks, spec.benchmark.id)
  if (program !== undefined) {
    const workPath = programWorkPath(owner)
    const launch = await programLaunch(
      {
        harness,
        sandbox,
        flags,
        user: slot.user(),
        limits: spec.limits,
        program,
        modelPath: layout.finalModel,
        maxTokens: protocol.maxTokens[spec.benchmark.id],
        workPath,
      },
      { socketDir: socketsFolder(workPath), deadlineBootMs: 0 },
    )
    return [...described, ...describeLaunch(`${run.id}: evaluate.py`, launch)]
  }
  const chatTemplatePath = forcedTemplatePath({
    protocol,
    baseModel: spec.baseModel,
    file: evaluationTemplatePath(owner),
  })
  const engine = await engineLaunch(
    {
      harness,
      engine: findLocalEngine(harness, spec.engine),
      sandbox,
      flags,
      user: slot.user(),
      limits: spec.limits,
      python,
      modelPath: layout.finalModel,
      ...(chatTemplatePath === null ? {} : { chatTemplatePath }),
      owner,
    },
    socketsFolder(owner),
  )
  return [...described, ...describeLaunch(`${run.id}: engine`, engine)]
}

function describeLaunch(title: string, launch: SandboxCommandOptions): DescribedCommand[] {
  return [
    { title: `${title}, sandbox`, argv: sandboxCommand(launch).argv },
    {
      title: `${title}, inside`,
      argv: [
        'env',
        '-i',
        ...Object.entries(launch.payload.env).map(([name, value]) => `${name}=${value}`),
        ...launch.payload.argv,
      ],
    },
  ]
}
