/** The ways of running that are compared. Each runs in a process of its own. */

export interface Variant {
  readonly by: 'rx-nvae' | 'PyTorch';
  /** Half: `half_precision` here, bfloat16 autocast in PyTorch. */
  readonly half: boolean;
  readonly threads: number;
  /** Null: the best that the processor has. */
  readonly simd: 'avx2' | null;
}

export interface OurVariant extends Variant {
  readonly by: 'rx-nvae';
  readonly tensorCheckpoints: boolean;
}

export interface TorchVariant extends Variant {
  readonly by: 'PyTorch';
  readonly channelsLast: boolean;
  readonly compiled: boolean;
}

/** How a variant is called in tables. */
export function nameOf(variant: OurVariant | TorchVariant): string {
  const { by, half, simd, threads } = variant;
  const words =
    variant.by === 'rx-nvae'
      ? [half ? 'half_precision' : 'float32', variant.tensorCheckpoints && 'use_tensor_checkpoints']
      : [
          half ? 'bfloat16' : 'float32',
          variant.compiled ? 'compiled' : 'eager',
          variant.channelsLast ? 'channels_last' : 'contiguous',
        ];
  const all = [...words, simd, threads === 1 ? '1 thread' : null];
  return `${by}: ${all.filter(Boolean).join(', ')}`;
}

interface Choice {
  readonly threads: number;
  readonly simd: Variant['simd'];
}

/** Our variants: all of them, or with AVX2 the two precisions, and float32 with the best instruction set to compare with. */
export function ourVariants({ threads, simd }: Choice): OurVariant[] {
  const float32: OurVariant = { by: 'rx-nvae', half: false, threads, simd, tensorCheckpoints: false };
  const half = { ...float32, half: true };
  if (simd) return [float32, half, { ...float32, simd: null }];
  const alone = threads === 1 ? [] : [{ ...float32, threads: 1 }];
  return [float32, half, { ...half, tensorCheckpoints: true }, ...alone];
}

/** Every way of running PyTorch. */
export function torchVariants({ threads, simd }: Choice, withCompiled: boolean): TorchVariant[] {
  const both = [false, true];
  return (withCompiled ? both : [false]).flatMap((compiled) =>
    both.flatMap((half) =>
      both.map((channelsLast) => ({ by: 'PyTorch', half, threads, simd, channelsLast, compiled }) as const),
    ),
  );
}
