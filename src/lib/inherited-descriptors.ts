import { readdirSync, readFileSync } from 'node:fs'

/** O_CLOEXEC on Linux, as /proc/PID/fdinfo shows it, in octal: proc_pid_fdinfo(5). */
const closeOnExec = 0o2000000

/**
 * The file descriptors beside the standard three that every child would get from this process: Node's own are closed in
 * children, what Node itself was started with may not be.
 */
export function inheritedDescriptors(): number[] {
  return listDescriptors().filter((descriptor) => {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readInfo(descriptor))?.[1]
    return descriptor > 2 && flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0
  })
}

function listDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number)
  } catch {
    return []
  }
}

function readInfo(descriptor: number): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')
  } catch {
    return '' // the one that the list was read with
  }
}
