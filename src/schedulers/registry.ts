import type { Scheduler } from '../domain/scheduler.ts'
import { local } from './local.ts'

export const schedulers: readonly Scheduler[] = [local]
