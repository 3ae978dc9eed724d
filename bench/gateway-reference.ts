import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from '../src/lib/free-port.ts'
import type { Target } from './gateway-load.ts'

/** Another gateway, in a scratch folder of its own. Nothing depends on it. */
export interface Reference {
  readonly name: string
  start(options: {
    readonly endpointUrl: string
    readonly model: string
    readonly folder: string
  }): Promise<{ readonly target: Target; readonly pid: number } & AsyncDisposable>
}

const scratch = join(tmpdir(), 'ptb-bench-gateways')
const litellmProgram = join(scratch, 'venv/bin/litellm')
const portkeyProgram = join(scratch, 'node_modules/@portkey-ai/gateway/build/start-server.js')

/** Those that are installed; says how, where one is not. */
export function findReferences(): Reference[] {
  const known = [
    {
      reference: litellm,
      program: litellmProgram,
      install: `python3 -m venv ${scratch}/venv && ${scratch}/venv/bin/pip install 'litellm[proxy]'`,
    },
    {
      reference: portkey,
      program: portkeyProgram,
      install: `npm install --prefix ${scratch} @portkey-ai/gateway`,
    },
  ]
  return known.flatMap(({ reference, program, install }) => {
    if (existsSync(program)) return [reference]
    console.error(`${reference.name} is not measured; to install it: ${install}`)
    return []
  })
}

const litellm: Reference = {
  name: 'LiteLLM',
  async start({ endpointUrl, model, folder }) {
    const port = await findFreePort()
    const config = join(folder, 'litellm.yaml')
    const parameters = { model: `openai/${model}`, api_base: `${endpointUrl}/v1`, api_key: 'sk-bench-key' }
    // JSON is YAML
    await writeFile(
      config,
      JSON.stringify({ model_list: [{ model_name: model, litellm_params: parameters }] }),
    )
    const argv = [litellmProgram, '--config', config, '--port', String(port), '--num_workers', '1']
    return await startReference(argv, {
      url: `http://127.0.0.1:${port}/v1/chat/completions`,
      headers: {},
    })
  },
}

const portkey: Reference = {
  name: 'Portkey',
  async start({ endpointUrl }) {
    const port = await findFreePort()
    return await startReference([process.execPath, portkeyProgram, `--port=${port}`, '--headless'], {
      url: `http://127.0.0.1:${port}/v1/chat/completions`,
      headers: {
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': `${endpointUrl}/v1`,
        authorization: 'Bearer sk-bench-key',
      },
    })
  },
}

async function startReference(
  [program = '', ...args]: readonly string[],
  target: Target,
): Promise<{ readonly target: Target; readonly pid: number } & AsyncDisposable> {
  const child = spawn(program, args, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    const answer = await fetch(target.url, { method: 'POST', body: '{}' }).catch(() => null)
    if (answer !== null) break
    await sleep(200)
  }
  if (child.pid === undefined || child.exitCode !== null) throw new Error(`${program} did not start`)
  return {
    target,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill()
      await exited
    },
  }
}
