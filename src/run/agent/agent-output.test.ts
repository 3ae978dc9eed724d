import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact.ts'
import { openAgentOutput } from './agent-output.ts'

const at = new Date('2026-01-02T03:04:05.006Z')
const head = '2026-01-02T03:04:05.006Z'

function logPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'ptb-output-')), 'agent.log')
}

it('writes one stamped line per line of output, with the last one even when it has no end', () => {
  const path = logPath()
  {
    using output = openAgentOutput(path, { capBytes: 1000, now: () => at })
    output.write('out', Buffer.from('one\ntw'))
    output.write('err', Buffer.from('oops\n'))
    output.write('out', Buffer.from('o\nthree'))
  }
  expect(readFileSync(path, 'utf8')).toBe(
    `${head} out one\n${head} err oops\n${head} out two\n${head} out three\n`,
  )
})

it('cuts a line without an end into pieces that say so', () => {
  const path = logPath()
  {
    using output = openAgentOutput(path, { capBytes: 1e6, now: () => at })
    output.write('out', Buffer.alloc(100_000, 'x'))
    output.write('out', Buffer.from('\ny\n'))
  }
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => [line.split(' ')[1], line.length - head.length])).toEqual([
    ['out', 65_536 + 5],
    ['out+', 34_464 + 6],
    ['out', 1 + 5],
  ])
})

it('stops at the cap and counts what it left out', () => {
  const path = logPath()
  using output = openAgentOutput(path, { capBytes: 80, now: () => at })
  output.write('out', Buffer.from('12345\n67890\nmore\n'))
  expect([output.bytes, output.dropped]).toEqual([10, 4])
  output.write('err', Buffer.from('x\n'))
  expect([output.bytes, output.dropped]).toEqual([10, 6])
})

it('keeps every byte of any output, however it is chunked', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (chunks) => {
      const path = logPath()
      {
        using output = openAgentOutput(path, { capBytes: 1e6, now: () => at })
        for (const chunk of chunks) output.write('out', Buffer.from(chunk))
      }
      const rows = readFileSync(path, 'latin1').split('\n').slice(0, -1)
      const text = rows.map((row) => row.slice(head.length + 5)).join('\n')
      const whole = Buffer.concat(chunks).toString('latin1')
      expect(text).toBe(whole.endsWith('\n') ? whole.slice(0, -1) : whole)
    }),
    { numRuns: 50 },
  )
})

it('counts what it writes itself: a file of empty lines is capped as well', () => {
  const path = logPath()
  {
    using output = openAgentOutput(path, { capBytes: 100_000, now: () => at })
    for (let chunk = 0; chunk < 100; chunk++) output.write('out', Buffer.alloc(64 * 1024, '\n'))
    expect(output.bytes).toBe(0)
  }
  expect(statSync(path).size).toBeGreaterThan(90_000)
  expect(statSync(path).size).toBeLessThanOrEqual(100_000)
})

it('hides secrets that are cut by chunks and by the pieces of long lines, in either stream', () => {
  const path = logPath()
  const secret = 'sk-0123456789abcdef'
  {
    using output = openAgentOutput(path, { capBytes: 1e6, now: () => at, redactor: createRedactor([secret]) })
    for (const byte of `a ${secret} b\n`) output.write('out', Buffer.from(byte))
    output.write('err', Buffer.from(`${'x'.repeat(64 * 1024 - 5)}${secret}`))
  }
  const log = readFileSync(path, 'utf8')
  expect(log).toContain(`${head} out a [redacted] b\n`)
  expect(log).not.toMatch(/sk-01|9abcdef/u)
})
