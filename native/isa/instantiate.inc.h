// Each instruction set includes this in its own translation unit. It uses no C++ containers: the linker could merge a template
// that is not inlined into one copy, compiled for one instruction set and used by all.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <type_traits>
#include <utility>

#if defined(__AVX__)
#include <immintrin.h>
#endif

#include "kernels/tables.h"
#include "runtime/scratch.h"
#include "runtime/thread_pool.h"

#define NVAE_JOIN2(a, b) a##b
#define NVAE_JOIN(a, b) NVAE_JOIN2(a, b)
#define NVAE_STRING2(a) #a
#define NVAE_STRING(a) NVAE_STRING2(a)

namespace nvae {
namespace NVAE_ISA {

#include "kernels/simd.inc.h"
#include "kernels/half.inc.h"
#include "kernels/peak.inc.h"
#include "kernels/math.inc.h"
#include "kernels/rows.inc.h"
#include "kernels/gemm.inc.h"
#include "kernels/winograd_transforms.inc.h"
#include "kernels/winograd.inc.h"
#include "kernels/outer_products.inc.h"
#include "kernels/winograd_filter_gradient.inc.h"
#include "kernels/filter_gradient.inc.h"
#include "kernels/conv2d.inc.h"
#include "kernels/depthwise.inc.h"
#include "kernels/elementwise.inc.h"
#include "kernels/expansion.inc.h"
#include "kernels/convert.inc.h"
#include "kernels/reduce.inc.h"
#include "kernels/squeeze_excite.inc.h"
#include "kernels/mixture.inc.h"
#include "kernels/weights.inc.h"
#include "kernels/spectral_norms.inc.h"
#include "kernels/movement.inc.h"
#include "kernels/batch_norm.inc.h"

}  // namespace NVAE_ISA

const KernelTables NVAE_JOIN(kernels_, NVAE_ISA) = {
    NVAE_STRING(NVAE_ISA),
    {
        &NVAE_ISA::peak_fma,
#ifdef NVAE_HALF_PRODUCTS
        true,
#else
        false,
#endif
        &NVAE_ISA::gemm,
        &NVAE_ISA::conv2d,
        &NVAE_ISA::conv2d_input_gradient,
        &NVAE_ISA::conv2d_filter_gradient,
        &NVAE_ISA::depthwise,
        &NVAE_ISA::depthwise_input_gradient,
        &NVAE_ISA::depthwise_filter_gradient,
        &NVAE_ISA::expansion,
    },
    {
        &NVAE_ISA::unary,
        &NVAE_ISA::binary,
        &NVAE_ISA::compare,
        &NVAE_ISA::select,
        &NVAE_ISA::reduce,
        &NVAE_ISA::softmax,
        &NVAE_ISA::copy,
        &NVAE_ISA::batch_norm,
        &NVAE_ISA::batch_sums,
        &NVAE_ISA::batch_statistics,
        &NVAE_ISA::batch_norm_gradient_sums,
        &NVAE_ISA::batch_norm_gradient,
        &NVAE_ISA::normalize,
        &NVAE_ISA::fold_norm,
        &NVAE_ISA::resize_bilinear,
        &NVAE_ISA::resize_bilinear_gradient,
        &NVAE_ISA::upsample_gradient,
        &NVAE_ISA::sum_of_squares,
        &NVAE_ISA::adamax,
        &NVAE_ISA::mixture_log_prob,
        &NVAE_ISA::mixture_log_prob_gradient,
        &NVAE_ISA::mixture_mean,
        &NVAE_ISA::accumulate,
        &NVAE_ISA::move_average,
        &NVAE_ISA::squeeze_excite,
        &NVAE_ISA::squeeze_excite_gradient,
        &NVAE_ISA::spectral_penalty,
        &NVAE_ISA::spectral_penalty_gradient,
        &NVAE_ISA::spectral_norms,
        &NVAE_ISA::spectral_norms_gradient,
        &NVAE_ISA::weight_norm,
        &NVAE_ISA::weight_norm_gradient,
        &NVAE_ISA::largest_magnitude,
        &NVAE_ISA::largest_magnitude_gradient,
        &NVAE_ISA::convert,
    },
};

}  // namespace nvae
