import { createOperatorRedactor } from '../run/operator-secrets.ts'

type Stream = Pick<NodeJS.WriteStream, 'write'>

/**
 * From now on this process prints none of the operator's keys, whoever prints: commands, errors with their causes, and, of
 * workers and supervisors, what is in their logs. What is written at once is seen as a whole.
 */
export function redactOutput(
  streams: readonly Stream[] = [process.stdout, process.stderr],
  env: Readonly<Record<string, string | undefined>> = process.env,
): void {
  const { redact } = createOperatorRedactor(env)
  for (const stream of streams) {
    const write = stream.write.bind(stream)
    stream.write = (chunk: string | Uint8Array, ...rest: []) =>
      write(typeof chunk === 'string' ? redact(chunk) : chunk, ...rest)
  }
}
