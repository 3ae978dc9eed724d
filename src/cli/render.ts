import { inspect, styleText } from 'node:util'
import { BenchError, exitCodes } from '../domain/error.ts'
import { inertText } from '../lib/inert-text.ts'

type Style = Parameters<typeof styleText>[0]

/** Colour on a terminal only. FORCE_COLOR and NO_COLOR overrule that, the first also the second, as in Node itself. */
export function usesColour(
  stream: Pick<NodeJS.WriteStream, 'isTTY'>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  if (env['NO_COLOR']) return false
  return stream.isTTY && env['TERM'] !== 'dumb'
}

export function paint(colour: boolean): (style: Style, text: string) => string {
  return colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text
}

/** What went wrong, what to do about it, and a name to look for; a bug shows its stack. */
export function renderError(error: unknown, options: { readonly colour: boolean }): string {
  const ink = paint(options.colour)
  if (error instanceof BenchError) {
    const lines = [`${ink('red', 'error')}: ${inertText(error.message)}`]
    if (error.remedy !== undefined) lines.push(`${ink('green', 'to fix')}: ${inertText(error.remedy)}`)
    return [...lines, ink('dim', `(${error.code})`)].join('\n')
  }
  // with its causes
  const stack = inspect(error)
  return `${ink('red', 'This is a bug in ptb.')} Please report it with what you did and this:\n${inertText(stack)}`
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof BenchError) return error.exitCode
  return exitCodes.bug
}
