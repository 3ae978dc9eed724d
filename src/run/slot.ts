import { cpus } from 'node:os'
import type { Limits, SandboxUser } from '../domain/sandbox.ts'
import { tryLease, type Lease } from '../lib/lease.ts'

/** First of the identities that agents get when the harness runs as root; one per slot, so that runs cannot meet. */
const firstSandboxUid = 64_200
const pollMs = 250

/** A place on this machine. A run holds one from the start of prepare to the end of evaluate. */
export interface Slot extends Disposable {
  take(options: TakeOptions): Promise<void>
  release(): void
  lease(): Lease | null
  /** Whom the payload becomes when the harness runs as root; otherwise it is who the harness is. */
  user(): SandboxUser | null
}

export interface TakeOptions {
  readonly signal: AbortSignal
  /** Whom the run prepared everything for: it gets the slot of this identity, or else two agents could have the same. */
  readonly user?: SandboxUser | null
  /** Asked while there is no free slot: whether none is needed any more. */
  readonly unless?: () => boolean
}

export function createSlot(slots: number): Slot {
  let held: { lease: Lease; index: number } | null = null
  return {
    async take({ signal, user = null, unless = () => false }) {
      const own = user === null ? -1 : user.uid - firstSandboxUid
      while (held === null && !unless()) {
        signal.throwIfAborted()
        for (const index of own >= 0 ? [own] : Array(slots).keys()) {
          const lease = tryLease(`slot-${index}`)
          if (lease === null) continue
          held = { lease, index }
          break
        }
        if (held === null) await new Promise((done) => setTimeout(done, pollMs))
      }
    },
    release() {
      held?.lease[Symbol.dispose]()
      held = null
    },
    lease: () => held?.lease ?? null,
    user() {
      if (process.getuid?.() !== 0) return null
      const uid = firstSandboxUid + (held?.index ?? 0)
      return { uid, gid: uid }
    },
    [Symbol.dispose]() {
      this.release()
    },
  }
}

/** Runs at a time when nobody said how many: as many as the cores allow. */
export function defaultSlots(limits: Limits): number {
  return Math.max(1, Math.floor(cpus().length / (limits.cpus ?? cpus().length)))
}
