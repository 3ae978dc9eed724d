/** `npm run parity [-- DIR]`: runs the vectors of the published scorers and exits 1 unless all of them pass. */
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { renderParity } from './render-parity.ts'
import { runParity } from './run-parity.ts'

const { values, positionals } = parseArgs({
  options: {
    data: { type: 'string' },
    json: { type: 'boolean', default: false },
    python: { type: 'string', default: 'python3' },
    show: { type: 'string', default: '3' },
  },
  allowPositionals: true,
})
const shared = process.env['PTB_SHARED'] ?? '../shared'
const folder = resolve(positionals[0] ?? join(shared, 'parity'))
if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
  process.stderr.write(
    `error: there are no parity vectors at ${folder}\nto fix: npm run parity -- DIR, or set PTB_SHARED to the folder that has parity/ and data/\n`,
  )
  process.exit(2)
}

const dataFolder = resolve(values.data ?? findData())
const reports = await runParity({ folder, dataFolder, python: values.python })
const failed = reports.length === 0 || reports.some(({ failures }) => failures.length > 0)
process.stdout.write(
  values.json
    ? `${JSON.stringify({ folder, passed: !failed, files: reports }, replaceBigInt, 2)}\n`
    : `${renderParity(reports, { show: Number(values.show), python: values.python })}\n`,
)
process.exitCode = failed ? 1 : 0

/** Beside the vectors, as in the reference's own folder; vectors from elsewhere use that folder's data. */
function findData(): string {
  const beside = join(folder, '..', 'data')
  return statSync(beside, { throwIfNoEntry: false })?.isDirectory() === true ? beside : join(shared, 'data')
}

function replaceBigInt(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Map ? Object.fromEntries<unknown>(value) : value
}
