import { buildCommand } from '@stricli/core'
import { resultsFlag } from '../flags.ts'

export const demo = buildCommand({
  async func(flags: { results: string }) {
    const { runDemo } = await import('../run-demo.ts')
    process.exitCode = await runDemo(flags.results)
  },
  parameters: { flags: { results: resultsFlag } },
  docs: {
    brief: 'runs the nano benchmark: set-up, eight agents, leaderboard, report',
    fullDescription:
      'A real base checkpoint of 1.6 MB is really post-trained by scripted agents, honest and cheating ones, on this\n' +
      "machine's CPU. Nothing has to be configured; the set-up is cached.\n\nexample:\n  ptb demo",
  },
})
