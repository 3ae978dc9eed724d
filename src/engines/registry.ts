import type { Engine } from '../domain/engine.ts'
import { transformers } from './transformers.ts'

export const engines: readonly Engine[] = [transformers]
