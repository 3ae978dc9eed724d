import { BenchError } from '../../domain/error.ts'
import type { Sandbox, SandboxProbe } from '../../domain/sandbox.ts'

export interface SelectedSandbox {
  readonly sandbox: Sandbox
  readonly probe: SandboxProbe
}

/** `auto` takes the first of `choices` that works here; a name insists on that one. */
export async function selectSandbox(wanted: string, choices: readonly Sandbox[]): Promise<SelectedSandbox> {
  const candidates = wanted === 'auto' ? choices : choices.filter(({ id }) => id === wanted)
  if (candidates.length === 0)
    throw new BenchError(`there is no sandbox '${wanted}'`, {
      code: 'sandbox/unknown',
      kind: 'usage',
      remedy: `Choose one of: auto, ${choices.map(({ id }) => id).join(', ')}.`,
    })

  const failures: { readonly id: string; readonly probe: SandboxProbe }[] = []
  for (const sandbox of candidates) {
    const probe = await sandbox.probe()
    if (probe.available) return { sandbox, probe }
    failures.push({ id: sandbox.id, probe })
  }
  const why = failures.map(({ id, probe }) => `${id}: ${probe.detail}`).join('; ')
  throw new BenchError(`no sandbox is available here (${why})`, {
    code: 'sandbox/unavailable',
    kind: 'environment',
    remedy: failures
      .map(({ probe }) => probe.remedy ?? '')
      .join(' ')
      .trim(),
  })
}
