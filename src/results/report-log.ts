import { open } from 'node:fs/promises'
import type { Finding } from '../domain/finding.ts'
import type { ReportRun } from '../domain/report.ts'
import { attemptLayout } from '../run/layout.ts'
import { readLinesNear } from './read-lines-near.ts'
import { joinLines, redactLines, shortenLine, type NumberedLine } from './redact-lines.ts'

/** As evidence names it. */
const logName = 'agent.log'
const maxPlaces = 20
const context = 3
const margin = 60
const maxLength = 1000
/** Read before the tail, so that a credential cut by its start is still seen whole. */
const tailMargin = 4096

type Log = ReportRun['log']

/** The end of the agent's output, and before it what stands around the lines that findings name. */
export async function readAgentLog(
  runPath: string,
  attempt: number,
  findings: readonly Finding[],
  options: { readonly tailBytes: number; readonly hide: (text: string) => string },
): Promise<Log> {
  const { tailBytes, hide } = options
  try {
    await using file = await open(attemptLayout(runPath, attempt).agentLog, 'r')
    const { size } = await file.stat()
    const places = findings.flatMap(({ evidence }) =>
      evidence.flatMap(({ file: name, line }) => (name === logName && line !== undefined ? [line] : [])),
    )
    const lines = places.slice(0, maxPlaces)
    const { found, breaks } = await readLinesNear(file, {
      lines,
      before: margin,
      after: context,
      maxBytes: size,
    })
    const start = Math.max(0, size - tailBytes - tailMargin)
    const buffer = Buffer.alloc(size - start)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
    const tail = buffer.subarray(0, bytesRead).toString('utf8').split('\n')
    if (tail.at(-1) === '') tail.pop()
    const endLine = breaks + (buffer.at(-1) === 0x0a || size === 0 ? 0 : 1)
    const last = numberLines(tail, endLine - tail.length + 1, hide)
    const kept = endOf(start > 0 ? last.slice(1) : last, tailBytes)
    const first = kept[0]?.line ?? Number.POSITIVE_INFINITY
    const numbers = [...found.keys()]
    const texts = redactLines([...found.values()], hide)
    const before = numbers.flatMap((line, index) =>
      line < first && lines.some((place) => Math.abs(place - line) <= context)
        ? [{ line, text: texts[index] ?? '' }]
        : [],
    )
    const shown = [...before, ...kept]
    const whole = shown.length === endLine
    return {
      parts: joinLines(shown.map(({ line, text }) => ({ line, text: shortenLine(text, maxLength) }))),
      note: `${whole ? 'All' : before.length > 0 ? 'Lines that findings name, and the end' : 'End'} of the agent's output in attempt ${attempt}: ${endLine.toLocaleString('en')} ${endLine === 1 ? 'line' : 'lines'}, ${size.toLocaleString('en')} bytes in all.`,
    }
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return { parts: [], note: missing ? 'The agent was not started.' : 'The output cannot be read.' }
  }
}

function numberLines(
  raw: readonly string[],
  firstLine: number,
  hide: (text: string) => string,
): NumberedLine[] {
  return redactLines(raw, hide).map((text, index) => ({ line: firstLine + index, text }))
}

/** As many whole lines from the end as fit. */
function endOf(lines: readonly NumberedLine[], bytes: number): NumberedLine[] {
  let left = bytes
  const start = lines.findLastIndex(({ text }) => {
    left -= Math.min(text.length, maxLength) + 1
    return left < 0
  })
  return lines.slice(start + 1)
}
