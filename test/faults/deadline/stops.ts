import type { Stop } from './describe-deadline.ts'

export const stops: readonly Stop[] = [
  { who: 'the supervisor: the guard ends the agent', stopped: ['supervisor'] },
  { who: 'the guard: the supervisor ends the agent', stopped: ['guard'] },
  {
    who: 'both: the guard ends the agent as soon as it goes on',
    stopped: ['supervisor', 'guard'],
    first: 'guard',
  },
  {
    who: 'both: the supervisor ends the agent as soon as it goes on',
    stopped: ['supervisor', 'guard'],
    first: 'supervisor',
  },
]
