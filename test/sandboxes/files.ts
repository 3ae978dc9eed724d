import { describe, expect, test } from 'vitest'
import type { Rig } from './rig.ts'

export function describeFiles(rig: Rig): void {
  describe('files', { concurrent: false }, () => {
    test('of the host, its users and other runs are not there', async (context) => {
      rig.needs(context, 'isolatesFiles')
      await using run = await rig.shell(`cat ${rig.bench.otherRun}/secret; ls -A / /home /tmp /run`)
      const { stdout, stderr } = await run.finish()
      expect(stderr).toContain('No such file')
      expect(stdout).not.toContain('secret')
      expect(stdout.split('\n\n')).toEqual([
        expect.not.stringMatching(/^(root|work|srv|mnt|media|boot|sys)$/m),
        '/home:\nagent',
        '/run:\nptb',
        '/tmp:\n',
      ])
    })

    test('are read-only where that was said, and nowhere else but in the temporary folders writable', async (context) => {
      rig.needs(context, 'isolatesFiles')
      await using run = await rig.shell(
        'cat /library/book; echo; for path in / /etc /usr /usr/bin /dev /home /library /opt/ptb/guard; do touch $path/new && echo $path; done',
      )
      expect((await run.finish()).stdout).toBe('to be read\n')
    })

    test('cannot be remounted for writing, not in a user namespace either', async (context) => {
      rig.needs(context, 'isolatesFiles')
      await using run = await rig.shell(
        'mount -o remount,rw /usr && echo done; unshare -Urm sh -c "mount -o remount,rw,bind /usr && echo done; umount /usr && echo done"; touch /usr/x && echo done; echo end',
      )
      expect((await run.finish()).stdout).toBe('end\n')
    })

    test('that programs need are there: accounts, certificates, devices, shared memory', async (context) => {
      rig.needs(context, 'isolatesFiles')
      await using run = await rig.shell(
        'id -un; hostname; echo x > /dev/shm/x && echo x > /tmp/x && echo x > /var/tmp/x && head -c 1 /dev/urandom > /dev/null && test -t 0 || echo ok; getent hosts localhost | grep -c localhost; ls /dev/disk /dev/vda /dev/sda',
        { env: { PATH: '/usr/bin:/bin', HOME: '/home/agent' } },
      )
      expect((await run.finish()).stdout).toBe('agent\nsandbox\nok\n1\n')
    })
  })
}
