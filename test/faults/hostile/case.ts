import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeTensors } from '../../fixtures/checkpoint.ts'

/** Where a case is played: a workspace with a good checkpoint in it, and files that are none of its business. */
export interface Scene {
  readonly live: string
  readonly model: string
  /** A folder beside the workspace. Whatever is read, listed or changed in it is a finding. */
  readonly outside: string
  /** A file in it. */
  readonly secret: string
}

export interface HostileCase {
  readonly name: string
  readonly make: (scene: Scene) => unknown
  /** Reasons without `no_model/`, one of which must come out; without it the submission must be sealed. */
  readonly refused?: string | readonly string[]
  /** The path that the refusal must name. */
  readonly at?: string
  /** What stays behind of final_model: path → why. Complete, when the submission is sealed. */
  readonly leftOut?: Readonly<Record<string, string>>
  /** What the archive leaves out beside weights: path → first word of why. Complete, when it is given. */
  readonly archive?: Readonly<Record<string, string>>
  /** Names that the archive must hold. */
  readonly holds?: readonly string[]
  /** Seals as the unprivileged owner of the workspace, whom permissions stop. */
  readonly as?: 'owner'
  /** Whose names cannot all be listed, or change meanwhile. */
  readonly uncounted?: true
  /** What a surviving process does meanwhile: arguments of `meddle.ts`, relative to the workspace. */
  readonly meanwhile?: readonly [action: MeddleAction, ...paths: string[]]
  /** Only where `PTB_FAULTS_FULL` is set. */
  readonly tier?: 'full'
}

export type MeddleAction = 'swap' | 'vanish' | 'resize' | 'rewrite' | 'retype' | 'chmod'

export interface Family {
  readonly name: string
  readonly cases: readonly HostileCase[]
}

export const weightsName = 'model.safetensors'
export const indexName = 'model.safetensors.index.json'
export const goodTensors = { 'model.embed.weight': { shape: [4, 2], values: [1, 2, 3, 4, 5, 6, 7, 8] } }

export function writeIn(scene: Scene, name: string, content: string | Uint8Array): void {
  writeFileSync(join(scene.model, name), content)
}

export function oneTensor(name: string): Buffer {
  return encodeTensors({ [name]: { shape: [1], values: [1] } })
}
