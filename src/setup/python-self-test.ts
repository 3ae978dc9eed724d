import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { BenchError } from '../domain/error.ts'
import { runCommand, type CommandResult } from '../lib/process.ts'

const baseModel = fileURLToPath(new URL('../../nano/models/nano-base', import.meta.url))

const testProgram = `
import json, sys, torch, transformers
from transformers import AutoModelForCausalLM, AutoTokenizer
def version(text): return tuple(int(part) for part in text.split('+')[0].split('.')[:2])
assert version(torch.__version__) >= (2, 5), 'torch 2.5 or newer is needed, this is ' + torch.__version__
assert version(transformers.__version__) >= (5, 0), 'transformers 5 or newer is needed, this is ' + transformers.__version__
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1], local_files_only=True)
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], local_files_only=True)
model.generate(**tokenizer('3 + 4 =', return_tensors='pt'), max_new_tokens=4, do_sample=False)
print(json.dumps({'python': sys.version.split()[0], 'torch': torch.__version__, 'transformers': transformers.__version__}))
`

/** Executes what runs will need. It also leaves compiled modules behind, which read-only sandboxes could not. */
export async function testPython(python: string): Promise<Record<string, string>> {
  const result = await runPython(python, [testProgram, baseModel], 180_000)
  const parsed = z.record(z.string(), z.string()).safeParse(lastJson(result.stdout))
  if (result.code === 0 && parsed.success) return parsed.data
  throw new BenchError(`${python} does not work: ${explain(result)}`, {
    code: 'python/self_test_failed',
    kind: 'environment',
    remedy:
      'It needs torch 2.5 and transformers 5 or newer. Without --python and PTB_PYTHON, ptb makes an environment of its own.',
  })
}

const factsProgram = `
import json, os, sys
from importlib import metadata
def version(name):
    try: return metadata.version(name)
    except metadata.PackageNotFoundError: return ''
print(json.dumps({'python': sys.executable, 'path': sys.prefix, 'key': [sys.version, version('torch'), version('transformers')]}))
`

const factsSchema = z.object({ python: z.string(), path: z.string(), key: z.array(z.string()) })
export type PythonFacts = z.infer<typeof factsSchema>

/** Where an interpreter lies and what is installed in it; quick, for nothing is imported. */
export async function readPythonFacts(python: string): Promise<PythonFacts> {
  const result = await runPython(python, [factsProgram], 30_000)
  const parsed = factsSchema.safeParse(lastJson(result.stdout))
  if (result.code === 0 && parsed.success) return parsed.data
  throw new BenchError(`${python} does not run: ${explain(result)}`, {
    code: 'python/broken',
    kind: 'environment',
    remedy:
      'Name a working interpreter with --python or PTB_PYTHON, or none: ptb then makes an environment of its own.',
  })
}

/** A clean environment, in which the variables of the user's shell can hide nothing. */
function runPython(python: string, args: readonly string[], timeoutMs: number): Promise<CommandResult> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', HF_HUB_OFFLINE: '1' }
  return runCommand([python, '-c', ...args], { timeoutMs, env })
}

function explain(result: CommandResult): string {
  if (result.timedOut) return `no answer within ${Math.round(result.durationMs / 1000)} s`
  return result.stderr.trim().split('\n').at(-1) || (result.error ?? 'no message')
}

function lastJson(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '')
  } catch {
    return null
  }
}
