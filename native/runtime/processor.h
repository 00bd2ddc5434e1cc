// Which instruction sets this processor has, and this operating system saves when it switches between threads.
// Asked of the processor: the compilers' own way (__builtin_cpu_supports) depends on a run-time library that does not come with all of them.
#pragma once

namespace nvae {

bool has_avx2();  // with FMA
bool has_avx512();  // F, BW, DQ, VL
bool has_avx512_bfloat16();

}  // namespace nvae
