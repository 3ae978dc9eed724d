import type { Sandbox } from '../domain/sandbox.ts'
import { bubblewrap } from './bubblewrap.ts'
import { host } from './host.ts'

/** In order of preference. */
export const sandboxes: readonly Sandbox[] = [bubblewrap, host]
