import { expect, it } from 'vitest'
import {
  diagnosePlatform,
  diagnoseUserNamespaces,
  readPlatformFacts,
  type PlatformFacts,
} from './platform.ts'

const linux: PlatformFacts = {
  platform: 'linux',
  release: '6.8.0-generic',
  root: false,
  switches: {},
  container: false,
  userNamespaceError: null,
}
const refused = { ...linux, userNamespaceError: 'unshare: Operation not permitted' }

it.each<[string, PlatformFacts, RegExp]>([
  [
    'the switch of Debian',
    { ...refused, switches: { 'kernel.unprivileged_userns_clone': '0' } },
    /unprivileged_userns_clone=1/,
  ],
  [
    'a limit of none',
    { ...refused, switches: { 'user.max_user_namespaces': '0' } },
    /max_user_namespaces=15000/,
  ],
  [
    'AppArmor of Ubuntu',
    {
      ...refused,
      switches: {
        'kernel.apparmor_restrict_unprivileged_userns': '1',
        'user.max_user_namespaces': '63000',
      },
    },
    /bwrap-userns-restrict.*apparmor_restrict_unprivileged_userns=0/,
  ],
  ['a container', { ...refused, container: true }, /seccomp=unconfined/],
  ['something unknown', refused, /host sandbox/],
])('says what to do when user namespaces are forbidden by %s', (_, facts, remedy) => {
  const diagnosis = diagnoseUserNamespaces(facts)
  expect(diagnosis.status).toBe('note')
  expect(diagnosis.detail).toContain('Operation not permitted')
  expect(diagnosis.remedy).toMatch(remedy)
})

it('tells root that it needs none', () => {
  expect(diagnoseUserNamespaces({ ...refused, root: true }).detail).toContain('root needs none')
})

it.each<[Partial<PlatformFacts>, RegExp, 'ok' | 'note']>([
  [{}, /^Linux 6/, 'ok'],
  [{ release: '5.15.0-microsoft-standard-WSL2' }, /WSL/, 'note'],
  [{ platform: 'darwin', release: '25.1.0' }, /cannot be isolated/, 'note'],
  [{ platform: 'win32' }, /not supported/, 'note'],
])('says what %j is worth', (facts, detail, status) => {
  const diagnosis = diagnosePlatform({ ...linux, ...facts })
  expect(diagnosis.detail).toMatch(detail)
  expect(diagnosis.status).toBe(status)
})

it.runIf(process.platform === 'linux')('reads the facts of this machine', () => {
  const facts = readPlatformFacts(null)
  expect(facts.platform).toBe('linux')
  expect(facts.switches['user.max_user_namespaces']).toMatch(/^\d+$/)
})
