import { buildChoiceParser, buildCommand } from '@stricli/core'
import { shells, type Shell } from '../completion-scripts.ts'

export const completion = buildCommand({
  async func(_flags: Readonly<Record<string, unknown>>, shell: Shell) {
    const { renderCompletionScript } = await import('../completion-scripts.ts')
    process.stdout.write(renderCompletionScript(shell))
  },
  parameters: {
    flags: {},
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: shells.join(', '),
          parse: buildChoiceParser(shells),
          proposeCompletions: () => shells,
          placeholder: 'SHELL',
        },
      ],
    },
  },
  docs: {
    brief: 'prints a script that completes commands, flags, runs and experiments',
    fullDescription:
      'For a shell that finds ptb on its path. Runs and experiments are those in ./results, or in the folder that --results\n' +
      'names.\n\n' +
      'examples:\n  ptb completion bash > ~/.local/share/bash-completion/completions/ptb\n' +
      '  ptb completion zsh > "${fpath[1]}/_ptb"\n  ptb completion fish > ~/.config/fish/completions/ptb.fish',
  },
})
