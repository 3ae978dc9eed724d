import { ensureBundles } from '../setup/bundles.ts'
import { ensurePythonEnvironment, type PythonEnvironment } from '../setup/python.ts'
import { ensureReportTemplate } from '../setup/report-page.ts'

export async function runSetup(python: string | undefined): Promise<void> {
  const environment = await setUp(python)
  const versions = Object.entries(environment.versions).map(([name, version]) => `${name} ${version}`)
  console.log(`ready: ${environment.python} (${versions.join(', ')})`)
}

/** Everything that is made once; quick when it is there. */
export async function setUp(python?: string): Promise<PythonEnvironment> {
  const environment = await ensurePythonEnvironment({
    ...(python === undefined ? {} : { python }),
    progress: (line) => process.stderr.write(`${line}\n`),
  })
  await ensureBundles()
  await ensureReportTemplate()
  return environment
}
