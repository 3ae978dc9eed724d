import type { EngineCommand, EngineSpec, LocalEngine } from '../domain/engine.ts'

/** vLLM's own default; it is alone on the GPU when a submission is scored. */
const defaultGpuMemoryShare = 0.9

/**
 * Serves a checkpoint with vLLM. Every flag is known to 0.11.0, which the published system pins, and to later versions, and
 * means the same in all of them; the defaults of some changed, so what scores depend on is spelled out. Absent on purpose:
 * `--trust-remote-code`, a reasoning parser (thoughts stay in the text) and `--max-model-len` (the context is the model's).
 */
export const vllm = {
  id: 'vllm',
  title: 'vLLM',
  flags: { gpu: true, parsesTools: true },
  // loading 4B parameters, compiling and capturing graphs, with cold caches each time
  readyTimeoutMs: 1_800_000,
  concurrency: 256,
  packages: ['vllm'],
  command(spec: EngineSpec): EngineCommand {
    const settings = {
      '--served-model-name': spec.modelName,
      '--host': '127.0.0.1',
      '--port': String(spec.port),
      '--load-format': 'safetensors',
      // A path, and not `auto`: only so is max_new_tokens of the file a hard cap in versions after 0.11 as well.
      '--generation-config': spec.modelPath,
      '--gpu-memory-utilization': String(spec.gpuMemoryShare ?? defaultGpuMemoryShare),
      '--tensor-parallel-size': String(tensorParallelSize(spec.gpus ?? 1)),
      '--seed': '0',
      '--tool-call-parser': 'hermes',
      ...(spec.chatTemplatePath === undefined ? {} : { '--chat-template': spec.chatTemplatePath }),
    }
    return {
      argv: [
        spec.python,
        '-m',
        'vllm.entrypoints.cli.main',
        'serve',
        spec.modelPath,
        ...Object.entries(settings).flat(),
        '--enable-auto-tool-choice',
        '--disable-uvicorn-access-log',
      ],
      env: {
        HF_HUB_OFFLINE: '1',
        TRANSFORMERS_OFFLINE: '1',
        PYTHONUNBUFFERED: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        VLLM_NO_USAGE_STATS: '1',
        DO_NOT_TRACK: '1',
        // Without a network there is no address to be found out, and no name of the machine to be resolved.
        VLLM_HOST_IP: '127.0.0.1',
        GLOO_SOCKET_IFNAME: 'lo',
        NCCL_SOCKET_IFNAME: 'lo',
        // PyTorch names its caches after the user, and the sandbox's has no name of its own.
        USER: 'ptb',
        TORCHINDUCTOR_CACHE_DIR: '/tmp/torchinductor',
      },
    }
  },
} as const satisfies LocalEngine

/** Attention heads have to be divided evenly, and come in powers of two. */
function tensorParallelSize(gpus: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, gpus)))
}
