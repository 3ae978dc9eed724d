import type { EngineCommand, EngineSpec, LocalEngine } from '../domain/engine.ts'

/** Serves a checkpoint with plain Transformers on CPU or GPU; the server is `environments/serve.py`. */
export const transformers = {
  id: 'transformers',
  title: 'Transformers',
  flags: { gpu: false, parsesTools: false },
  readyTimeoutMs: 180_000,
  concurrency: 64,
  packages: ['torch', 'transformers'],
  command(spec: EngineSpec): EngineCommand {
    return {
      argv: [
        spec.python,
        `${spec.environmentPath}/serve.py`,
        '--model',
        spec.modelPath,
        '--served-model-name',
        spec.modelName,
        '--host',
        '127.0.0.1',
        '--port',
        String(spec.port),
        '--threads',
        String(Math.max(1, Math.floor(spec.cpus))),
        ...(spec.chatTemplatePath === undefined ? [] : ['--chat-template', spec.chatTemplatePath]),
      ],
      env: {
        HF_HUB_OFFLINE: '1',
        TRANSFORMERS_OFFLINE: '1',
        PYTHONUNBUFFERED: '1',
        PYTHONDONTWRITEBYTECODE: '1',
      },
    }
  },
} as const satisfies LocalEngine
