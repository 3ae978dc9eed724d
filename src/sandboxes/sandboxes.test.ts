import { describe } from 'vitest'
import { describeSandbox } from '../../test/sandboxes/conformance.ts'
import { subjects } from '../../test/sandboxes/subjects.ts'

describe.concurrent('sandboxes', { timeout: 30_000 }, async () => {
  for (const { title, sandbox, probe } of await subjects()) describeSandbox(title, sandbox, probe)
})
