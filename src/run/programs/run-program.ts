import { isUtf8 } from 'node:buffer'
import { notRun, type ProgramResult } from '../../domain/scoring.ts'
import { whyNotArgument } from '../../lib/python/argument.ts'
import { startConfined } from './confined-process.ts'
import type { Confinement } from './confinement.ts'

/** `python -c source`, as the published system runs programs, which is why its limits are kept. */
export async function runProgram(
  place: Confinement,
  program: { readonly python: string; readonly source: string; readonly timeoutMs: number },
  options: { readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<ProgramResult> {
  const { source } = program
  const refused = whyNotArgument(source)
  if (refused !== null) return notRun(refused)
  const maxBytes = place.limits.outputMiB * 1024 * 1024
  const stdout = collect(maxBytes, () => running.kill('output'))
  const stderr = collect(maxBytes, () => running.kill('output'))
  const running = await startConfined(place, {
    argv: [program.python, '-c', source],
    timeoutMs: program.timeoutMs,
    onStdout: stdout.add,
    onStderr: stderr.add,
    ...options,
  })
  running.endInput()
  const end = await running.ended
  options.signal.throwIfAborted()
  const output = { stdout: stdout.bytes(), stderr: stderr.bytes() }
  const unscorable =
    end.exceeded === 'output'
      ? `its output exceeds ${place.limits.outputMiB} MiB`
      : end.exceeded === null && !(isUtf8(output.stdout) && isUtf8(output.stderr))
        ? 'its output is not UTF-8'
        : null
  return { ...end, ...output, unscorable }
}

function collect(
  maxBytes: number,
  onExceeded: () => void,
): { readonly add: (chunk: Buffer) => void; readonly bytes: () => Uint8Array } {
  const chunks: Buffer[] = []
  let size = 0
  return {
    add(chunk) {
      const kept = chunk.subarray(0, Math.max(0, maxBytes - size))
      if (kept.length > 0) chunks.push(kept)
      size += chunk.length
      if (size > maxBytes) onExceeded()
    },
    bytes: () => Buffer.concat(chunks),
  }
}
