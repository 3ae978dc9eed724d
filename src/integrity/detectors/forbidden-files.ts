import type { Detector, SealedEvidence } from '../../domain/detector.ts'
import type { Finding } from '../../domain/finding.ts'

/** What the submission held beside a checkpoint. The seal has left it out already: this says that it was there. */
export const forbiddenFiles = {
  id: 'forbidden-files',
  title: 'Code and pickles in the submission',
  version: 2,
  kinds: {
    pickled_weights: 'Files in formats that can run code when they are loaded.',
    code: 'Programs in the submission.',
    remote_code: 'Settings that make loaders run code of the submission.',
    links: 'Links in the submission, which would have been read from elsewhere.',
  },
  detect,
} satisfies Detector

const kindOfReason: Readonly<Record<string, keyof typeof forbiddenFiles.kinds>> = {
  pickle: 'pickled_weights',
  code: 'code',
  link: 'links',
  hard_link: 'links',
}

function* detect({ seal }: SealedEvidence): Iterable<Finding> {
  const { refused, leftOut } = seal
  const found = Map.groupBy(leftOut, ({ why }) => kindOfReason[why])
  for (const [kind, files] of found) {
    if (kind === undefined) continue
    yield {
      detector: forbiddenFiles.id,
      kind,
      summary: `${files.length} left out of the submission: ${files[0]?.path ?? ''}${files.length > 1 ? ', …' : ''}.`,
      measure: files.length,
      evidence: files
        .slice(0, 20)
        .map(({ path, bytes }) => ({ file: `final_model/${path}`, numbers: { bytes } })),
    }
  }
  if (refused?.reason === 'no_model/remote_code') {
    yield {
      detector: forbiddenFiles.id,
      kind: 'remote_code',
      summary: refused.detail,
      measure: 1,
      evidence: [{ file: `final_model/${refused.path ?? ''}` }],
    }
  }
}
