import { buildCommand } from '@stricli/core'

export const setup = buildCommand({
  async func(flags: { python?: string }) {
    const { runSetup } = await import('../setup.ts')
    await runSetup(flags.python)
  },
  parameters: {
    flags: {
      python: {
        kind: 'parsed',
        parse: String,
        brief:
          'test an interpreter that has torch and transformers; name it to other commands with PTB_PYTHON',
        optional: true,
        placeholder: 'PATH',
      },
    },
  },
  docs: {
    brief: 'sets up the Python environment and everything else that is made once',
    fullDescription:
      'Cached, so it can be run at any time; other commands do the same when they need it.\n\n' +
      'examples:\n  ptb setup\n  ptb setup --python ~/venv/bin/python',
  },
})
