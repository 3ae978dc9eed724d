import type { TrajectoryFormat } from '../domain/trajectory-format.ts'
import { claude } from './claude.trajectory.ts'
import { codex } from './codex.trajectory.ts'
import { gemini } from './gemini.trajectory.ts'
import { opencode } from './opencode.trajectory.ts'

export const trajectoryFormats: readonly TrajectoryFormat[] = [claude, codex, gemini, opencode]

/** Finds out which CLI has printed what it reads. */
export const anyFormat = 'auto'

/** By any of its names; null where nobody knows the name: its output may still be one of these CLIs'. */
export function findTrajectoryFormat(name: string): TrajectoryFormat | null {
  const wanted = name.toLowerCase()
  return trajectoryFormats.find((format) => format.names.includes(wanted)) ?? null
}
