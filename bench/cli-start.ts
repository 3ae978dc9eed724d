import { runCommand } from '../src/lib/process.ts'
import { figure, ptb, type Bench } from './measure.ts'

const rounds = 15

/** In pairs with a bare Node, since these machines are noisy: the ratio is what holds. */
export const cliStart = {
  name: 'cli-start',
  about: 'ptb --help against a Node that does nothing',
  async run() {
    const help: number[] = []
    const bare: number[] = []
    await runCommand([...ptb, '--help'])
    for (let round = 0; round < rounds; round++) {
      help.push((await runCommand([...ptb, '--help'])).durationMs)
      bare.push((await runCommand([process.execPath, '-e', '0'])).durationMs)
    }
    return [
      figure('ptb --help', 'ms', help),
      figure('node -e 0', 'ms', bare),
      figure(
        'ptb --help / node -e 0',
        'ratio',
        help.map((ms, round) => ms / (bare[round] ?? Number.NaN)),
      ),
    ]
  },
} as const satisfies Bench
