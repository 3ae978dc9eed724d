import type { Engine } from '../domain/engine.ts'
import { remote } from './remote.ts'
import { transformers } from './transformers.ts'
import { vllm } from './vllm.ts'

export const engines: readonly Engine[] = [transformers, vllm, remote]
