import type { ReactElement } from 'react'
import type { ReportRun } from '../../src/domain/report.ts'
import type { LimitHolder, LimitName } from '../../src/domain/sandbox.ts'
import { formatDuration } from '../../src/domain/duration.ts'
import { formatBytes } from './charts/ticks.ts'
import { formatNumber } from './format.ts'

const holders: Readonly<Record<LimitHolder, string>> = {
  sandbox: 'the sandbox',
  kernel: 'the kernel',
  watched: 'a watch, every second',
  told: 'nobody: told only',
}

interface ResourceRow {
  readonly limit: LimitName
  readonly title: string
  readonly declared: string | null
  readonly peak: string | null
  /** Of the limit, 0 to 1. */
  readonly share: number | null
}

/** What the agent might use, what it used, and what else the machine did meanwhile. */
export function Resources({ run }: { readonly run: ReportRun }): ReactElement {
  const { resources } = run
  if (resources === null) return <p className="empty">No agent ran.</p>
  const { contention, usage } = resources
  return (
    <>
      <table className="resources">
        <thead>
          <tr>
            <th scope="col">resource</th>
            <th scope="col" className="number">
              most used
            </th>
            <th scope="col" className="number">
              limit
            </th>
            <th scope="col">held by</th>
          </tr>
        </thead>
        <tbody>
          {planRows(run).map(({ limit, title, declared, peak, share }) => {
            const holder = resources.limits[limit]
            return (
              <tr key={limit}>
                <th scope="row">{title}</th>
                <td className="number">
                  {peak ?? '–'}
                  {share !== null && <Meter share={share} />}
                </td>
                <td className="number">{declared ?? <span className="aside">none</span>}</td>
                <td>
                  {resources.exceeded.includes(limit) && <span className="tag bad">exceeded</span>}
                  {declared !== null && holder !== undefined && holders[holder]}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
      <p className="aside">
        {run.contended && <span className="tag warn">busy machine</span>}
        {usage.cpuSeconds !== null && <>Processor time {formatDuration(usage.cpuSeconds * 1000)}. </>}
        {contention === null ? (
          'The machine does not say what else it did.'
        ) : (
          <>
            Other work on the machine: mean {formatCores(contention.meanOtherCores)}, at most{' '}
            {formatCores(contention.peakOtherCores)} of {formatCores(contention.cores)} cores.
          </>
        )}
      </p>
    </>
  )
}

function formatCores(cores: number): string {
  return formatNumber(Number(cores.toFixed(2)))
}

function planRows(run: ReportRun): ResourceRow[] {
  const { limits } = run
  const usage = run.resources?.usage
  const rows: readonly (ResourceRow | null)[] = [
    limits.cpus === undefined
      ? null
      : {
          limit: 'cpus',
          title: 'cores',
          declared: formatNumber(limits.cpus),
          peak: peakCores(run),
          share: null,
        },
    byteRow('memoryGiB', 'memory', limits.memoryGiB, usage?.peakMemoryBytes),
    {
      limit: 'pids',
      title: 'processes',
      declared: limits.pids === undefined ? null : formatNumber(limits.pids),
      peak: usage === undefined ? null : formatNumber(usage.peakProcesses),
      share: usage === undefined || limits.pids === undefined ? null : usage.peakProcesses / limits.pids,
    },
    byteRow('diskGiB', 'disk', limits.diskGiB, usage?.peakDiskBytes),
    limits.shmGiB === undefined ? null : byteRow('shmGiB', 'shared memory', limits.shmGiB, undefined),
  ]
  return rows.filter((row) => row !== null)
}

function byteRow(
  limit: LimitName,
  title: string,
  gib: number | undefined,
  peakBytes: number | undefined,
): ResourceRow {
  return {
    limit,
    title,
    declared: gib === undefined ? null : `${formatNumber(gib)} GiB`,
    peak: peakBytes === undefined ? null : formatBytes(peakBytes),
    share: peakBytes === undefined || gib === undefined ? null : peakBytes / (gib * 2 ** 30),
  }
}

function peakCores(run: ReportRun): string | null {
  const curve = run.monitor.curves.find(({ metric }) => metric === 'ownCores')
  return curve === undefined ? null : formatNumber(Math.max(0, ...curve.values))
}

function Meter({ share }: { readonly share: number }): ReactElement {
  return (
    <svg className={share >= 0.95 ? 'meter full' : 'meter'} width="48" height="4" aria-hidden="true">
      <rect className="track" width="48" height="4" rx="2" />
      <rect className="used" width={Math.max(2, 48 * Math.min(1, share))} height="4" rx="2" />
    </svg>
  )
}
