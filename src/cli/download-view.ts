import type { DownloadProgress } from '../data/cache-entry.ts'
import { formatBytes } from '../domain/byte-size.ts'
import { formatDuration } from '../domain/duration.ts'
import { usesColour } from './render.ts'

export interface DownloadView extends DownloadProgress {
  /** Leaves the line as it was before. */
  end(): void
}

export interface DownloadViewOptions {
  readonly label: string
  readonly stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> & { readonly columns?: number }
  readonly now?: () => number
}

const redrawMs = 200
/** Where there is no terminal, a line that often says that it goes on. */
const plainMs = 30_000
/** The rate is of the latest bytes: over this time. */
const rateMs = 5_000

/** One line that is drawn again and again on a terminal, lines now and then elsewhere. */
export function createDownloadView({ label, stream, now = Date.now }: DownloadViewOptions): DownloadView {
  const live = usesColour(stream, { TERM: process.env['TERM'] })
  let totalBytes: number | null = null
  let bytes = 0
  let drawnAt = now()
  let samples: { readonly at: number; readonly bytes: number }[] = []

  const clear = (): void => void (live && stream.write('\r\u001b[K'))
  function draw(): void {
    const at = now()
    samples = [...samples.filter((sample) => at - sample.at <= rateMs), { at, bytes }]
    drawnAt = at
    const text = renderProgress({ label, bytes, totalBytes, bytesPerSecond: rateOf(samples), bar: live })
    if (live) stream.write(`\r${text.slice(0, (stream.columns ?? 80) - 1)}\u001b[K`)
    else stream.write(`${text}\n`)
  }

  return {
    begin(total, here) {
      totalBytes = total
      bytes = here
      samples = [{ at: now(), bytes }]
      draw()
    },
    add(count) {
      bytes += count
      if (now() - drawnAt >= (live ? redrawMs : plainMs)) draw()
    },
    file(name) {
      clear()
      stream.write(`${label}: ${name}\n`)
      if (live) draw()
    },
    end: clear,
  }
}

/** `qwen3-4b  [####------]  45 %  1.2 GiB of 7.5 GiB  85 MiB/s  1 min left`. */
export function renderProgress(progress: {
  readonly label: string
  readonly bytes: number
  readonly totalBytes: number | null
  readonly bytesPerSecond: number | null
  readonly bar: boolean
}): string {
  const { label, bytes, totalBytes, bytesPerSecond } = progress
  const rate = bytesPerSecond === null ? [] : [`${formatBytes(Math.round(bytesPerSecond))}/s`]
  if (totalBytes === null || totalBytes === 0) return [label, formatBytes(bytes), ...rate].join('  ')
  const share = Math.min(1, bytes / totalBytes)
  const left =
    bytesPerSecond === null || bytesPerSecond <= 0
      ? []
      : [`${formatDuration(Math.ceil((totalBytes - bytes) / bytesPerSecond) * 1000)} left`]
  const bar = progress.bar ? [`[${'#'.repeat(Math.floor(share * 20)).padEnd(20, '-')}]`] : []
  const percent = `${Math.floor(share * 100)} %`
  return [
    label,
    ...bar,
    percent,
    `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
    ...rate,
    ...left,
  ].join('  ')
}

function rateOf(samples: readonly { readonly at: number; readonly bytes: number }[]): number | null {
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.at - first.at < 500) return null
  return (1000 * (last.bytes - first.bytes)) / (last.at - first.at)
}
