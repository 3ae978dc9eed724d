import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatTemplateNames, renderChat } from '../lib/chat-templates/render-chat.ts'
import { readChatTemplate, spellDate } from '../lib/chat-templates/template-file.ts'
import { findFreePort } from '../lib/free-port.ts'
import { createJsonClient, type JsonClient } from '../lib/http-json.ts'
import { runCommand } from '../lib/process.ts'
import { untilHealthy } from '../lib/until-healthy.ts'
import { readPythonEnvironment } from '../setup/python.ts'
import { transformers } from './transformers.ts'

const environment = await readPythonEnvironment()
const environmentPath = fileURLToPath(new URL('../../environments', import.meta.url))
const nanoBase = fileURLToPath(new URL('../../nano/models/nano-base', import.meta.url))
/** Importing torch on a machine that is busy. */
const startMs = 180_000
const isoDate = '2026-03-05'

/** Calls the server's own rendering, with the nano tokenizer. */
const renderScript = `
import json, sys
sys.path.insert(0, sys.argv[1])
import serve
from transformers import AutoTokenizer

engine = object.__new__(serve.Engine)
engine.tokenizer, engine.templates = AutoTokenizer.from_pretrained(sys.argv[2]), serve.TemplateProcess()
prompts = []
for chat in json.load(sys.stdin):
    engine.tokenizer.chat_template = chat["template"]
    prompts.append(engine.render(chat["messages"], chat["tools"], {}))
print(json.dumps(prompts))
`

const tool = {
  type: 'function',
  function: {
    name: 'calc',
    description: 'Calculates "it".',
    parameters: { type: 'object', properties: { n: { type: 'integer', enum: [1, null, true] } } },
  },
}
const conversations = [
  { messages: [{ role: 'user', content: 'How many? é 中\n' }], tools: null },
  {
    messages: [
      { role: 'system', content: 'Example 1\n\nExample 2' },
      { role: 'user', content: ' question ' },
    ],
    tools: null,
  },
  {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: '<think>\nx\n</think>\n\nb' },
      { role: 'user', content: 'c' },
    ],
    tools: null,
  },
  { messages: [{ role: 'user', content: 'Call it.' }], tools: [tool] },
  {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Call it.' },
    ],
    tools: [tool, tool],
  },
]

describe.skipIf(environment === null)('the server (skipped without the Python of `ptb setup`)', () => {
  it('makes the prompts of the forced templates that are rendered here', { timeout: startMs }, async () => {
    const chats = await Promise.all(
      chatTemplateNames.flatMap((name) =>
        conversations.map(async (chat) => ({
          ...chat,
          name,
          template: await readChatTemplate({ template: name, date: isoDate }),
        })),
      ),
    )
    const result = await runCommand(
      [environment?.python ?? '', '-c', renderScript, environmentPath, nanoBase],
      { input: JSON.stringify(chats) },
    )
    expect(result.stderr).toBe('')
    const bosToken = '<|endoftext|>' // the nano tokenizer's, as its special tokens say
    const expected = chats.map(({ name, messages, tools }) =>
      renderChat({
        template: name,
        // vLLM sends parts to templates that loop over them
        messages: name.startsWith('gemma')
          ? messages.map(({ role, content }) => ({ role, content: [{ type: 'text', text: content }] }))
          : messages,
        tools,
        addGenerationPrompt: true,
        date: spellDate(isoDate),
        bosToken,
      }),
    )
    expect(JSON.parse(result.stdout)).toEqual(expected)
  })

  describe('with the nano model, temperature 0.005, top_p 1 and max_new_tokens 6', () => {
    let folder = ''
    let client: JsonClient
    let stop: () => void

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ptb-serve-'))
      const modelPath = join(folder, 'model')
      await cp(nanoBase, modelPath, { recursive: true })
      const generation = JSON.parse(await readFile(join(nanoBase, 'generation_config.json'), 'utf8'))
      await writeFile(
        join(modelPath, 'generation_config.json'),
        JSON.stringify({
          ...generation,
          do_sample: true,
          temperature: 0.005,
          min_p: 0.02,
          max_new_tokens: 6,
        }),
      )
      const port = await findFreePort()
      const python = environment?.python ?? ''
      const command = transformers.command({
        modelPath,
        modelName: 'nano',
        port,
        python,
        environmentPath,
        cpus: 1,
      })
      const [program = '', ...args] = command.argv
      const server = spawn(program, args, { env: { ...process.env, ...command.env }, stdio: 'ignore' })
      stop = () => void server.kill('SIGKILL')
      client = createJsonClient({ port })
      if (!(await untilHealthy(client, startMs, new AbortController().signal))) throw new Error('not ready')
    }, startMs)

    afterAll(async () => {
      stop()
      client[Symbol.dispose]()
      await rm(folder, { recursive: true, force: true })
    })

    const ask = (body: Record<string, unknown>): Promise<{ status: number; body: unknown }> =>
      client.send('POST', '/v1/chat/completions', {
        model: 'nano',
        messages: [{ role: 'user', content: 'What is 3 + 4?' }],
        ...body,
      })

    it('tells what it takes from generation_config, as vLLM takes it', async () => {
      const { body } = await client.send('GET', '/v1/models')
      expect(body).toMatchObject({
        data: [{ metadata: { sampling_defaults: { temperature: 0.01, min_p: 0.02, top_k: 0, top_p: 1 } } }],
      })
    })

    it('takes max_new_tokens of generation_config for a cap', async () => {
      const { body } = await ask({ max_tokens: 50 })
      expect(body).toMatchObject({ choices: [{ finish_reason: 'length' }], usage: { completion_tokens: 6 } })
    })

    it('refuses what does not fit into the context, in the words of vLLM', async () => {
      const { status, body } = await ask({ max_tokens: 1024 })
      expect(status).toBe(400)
      const prompt = '(\\d+)'
      expect(JSON.stringify(body)).toMatch(
        new RegExp(
          `is too large: 1024\\. This model's maximum context length is 1024 tokens and your request has ${prompt} ` +
            `input tokens \\(1024 > 1024 - ${prompt}\\)\\.`,
        ),
      )
      const long = [{ role: 'user', content: 'What is 3 + 4? '.repeat(400) }]
      expect(JSON.stringify((await ask({ messages: long, max_tokens: 1 })).body)).toContain(
        'Please reduce the length of the input messages.',
      )
    })

    it('takes a content as text or as parts for the same', async () => {
      const parts = [{ role: 'user', content: [{ type: 'text', text: 'What is 3 + 4?' }] }]
      const greedy = { temperature: 0, max_tokens: 4 }
      const texts = await Promise.all([ask(greedy), ask({ ...greedy, messages: parts })])
      const [first, second] = texts.map(({ body }) => (body as { choices: unknown }).choices) // as asserted below
      expect(first).toMatchObject([{ message: { role: 'assistant' } }])
      expect(second).toEqual(first)
      const image = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }]
      expect((await ask({ messages: image, max_tokens: 4 })).status).toBe(400)
    })

    it('draws the same for the same seed, whoever else is asked at the time', async () => {
      const draw = async (seed: number): Promise<unknown> => {
        const { body } = await ask({ temperature: 1.5, min_p: 0, max_tokens: 6, seed })
        return (body as { choices: unknown }).choices // as asserted below
      }
      const alone = await draw(7)
      const [among, ...others] = await Promise.all([7, 8, 9, 10, 11, 12].map(draw))
      expect(among).toEqual(alone)
      expect(others.some((other) => JSON.stringify(other) !== JSON.stringify(among))).toBe(true)
    })
  })
})
