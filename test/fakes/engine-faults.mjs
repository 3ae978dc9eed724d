// Ways in which a server does not do what it should, by name. `at` is the number of a request, from 1.

const never = () => {}
const storm = 6

/** Before it listens. */
export const startFaults = {
  'dies-at-start': () => process.exit(1),
  'never-listens': () => setInterval(() => {}, 1000),
}

/** Instead of answers; what returns true leaves this request to the ordinary answer. */
export const requestFaults = {
  dies: (_, at) => at < 2 || process.exit(134),
  'out-of-memory': (_, at) => at < 2 || allocate(),
  hangs: (_, at) => at < 2 || never(),
  'slow-body': (response) => {
    const body = Buffer.from('{"choices":[{"message":{"content":"a slow answer"}}]}')
    response.writeHead(200, { 'content-length': body.length })
    for (const [second, byte] of body.entries())
      setTimeout(() => response.write(Buffer.from([byte])), second * 1000)
  },
  html: (response) => void response.end('<!doctype html><title>502 Bad Gateway</title>'),
  'invalid-json': (response) => void response.end('{"choices":[{"message":{"content":"7'),
  'no-choices': (response) => void response.end('{"usage":{}}'),
  'empty-choices': (response) => void response.end('{"choices":[]}'),
  'null-content': (response) =>
    void response.end('{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}'),
  '200-mb': (response) => {
    response.writeHead(200)
    const chunk = Buffer.alloc(1024 * 1024, 'a')
    let left = 200
    const more = () => {
      while (left-- > 0) if (!response.write(chunk)) return response.once('drain', more)
      response.end()
    }
    more()
  },
  'negative-usage': (response, _, answer) =>
    void response.end(
      JSON.stringify({
        ...answer,
        usage: { prompt_tokens: -7, completion_tokens: -1e308, total_tokens: null },
      }),
    ),
  'storm-429': (response, at) => at > storm || refuse(response, 429),
  'storm-429-retry-after': (response, at) => at > storm || refuse(response, 429, { 'retry-after': '1' }),
  'storm-503': (response, at) => at > storm || refuse(response, 503),
  'storm-500': (response, at) => at > storm || refuse(response, 500),
  429: (response) => refuse(response, 429),
  500: (response) => refuse(response, 500),
  503: (response) => refuse(response, 503, { 'retry-after': '86400' }),
  400: (response) => refuse(response, 400),
  'cuts-off': (response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('{"choices":[')
    setTimeout(() => response.destroy(), 20)
  },
  'content-length-too-large': (response) => {
    response.writeHead(200, { 'content-length': 10_000 })
    response.write('{"choices":[{"message":{"content":"7"}}]}')
  },
  'content-length-too-small': (response) => {
    response.writeHead(200, { 'content-length': 10 })
    response.end('{"choices":[{"message":{"content":"7"}}]}')
  },
}

/** Instead of being healthy. */
export const healthFaults = {
  'hangs-at-start': never,
  'never-healthy': (response) => void response.writeHead(500).end(),
}

function refuse(response, status, headers = {}) {
  response.writeHead(status, headers).end(`{"error":{"message":"status ${status}"}}`)
}

function allocate() {
  const held = []
  for (;;) held.push(Buffer.alloc(16 * 1024 * 1024, 1))
}
