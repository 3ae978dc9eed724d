import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../../src/lib/process.ts'
import { runLayout } from '../../../src/run/layout.ts'
import type { Life } from '../../life/rig.ts'

/** A file system of its own for a run's folder, which can be full in an instant and takes no memory for it. */
export interface SmallDisk extends AsyncDisposable {
  /** For a shell, at any moment: not a page and not a file more. */
  readonly fillCommand: string
  free(): Promise<void>
}

/** Why this machine cannot have one; null when it can. */
export async function whyNoSmallDisk(): Promise<string | null> {
  if (process.platform !== 'linux') return 'needs tmpfs, which only Linux has'
  if (process.getuid?.() !== 0) return 'needs root, to mount a small file system'
  const tried = await runCommand([
    'sh',
    '-c',
    'd=$(mktemp -d) && mount -t tmpfs none $d && umount $d; rmdir $d',
  ])
  return tried.code === 0 && tried.stderr === '' ? null : `cannot mount: ${tried.stderr.trim()}`
}

/** What prepare asks for, and some more. */
const roomy = 'size=1200m,nr_inodes=10000'

export async function putOnSmallDisk({ runPath }: Life): Promise<SmallDisk> {
  const { runFile } = runLayout(runPath)
  const kept = join(runPath, '..', 'run.json')
  await copyFile(runFile, kept)
  await run(['mount', '-t', 'tmpfs', '-o', roomy, 'none', runPath])
  await copyFile(kept, runFile)
  return {
    fillCommand: `
      pages=$(($(df --output=used -B4096 ${runPath} | tail -n1)))
      files=$(($(df --output=iused ${runPath} | tail -n1)))
      mount -o remount,size=$((pages * 4))k,nr_inodes=$files ${runPath}`,
    free: () => run(['mount', '-o', `remount,${roomy}`, runPath]),
    async [Symbol.asyncDispose]() {
      await run(['umount', '--lazy', runPath])
    },
  }
}

async function run(argv: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand(argv)
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`)
}
