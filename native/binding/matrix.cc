#include "binding/arguments.h"
#include "kernels/tables.h"
#include "runtime/thread_pool.h"

namespace nvae {
namespace {

// peakFma(seconds): floating-point operations per second of all threads together, in registers only.
napi_value peak_fma(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const double seconds = args.number(0);
  double rates[256] = {};
  const int threads = thread_count() < 256 ? thread_count() : 256;
  parallel(threads, [&](int64_t task) { rates[task] = kernels().matrix.peak_fma(seconds); });
  double total = 0;
  for (int i = 0; i < threads; ++i) total += rates[i];
  return to_js(env, total);
}

}  // namespace

void export_matrix(napi_env env, napi_value exports) { export_function(env, exports, "peakFma", peak_fma); }

}  // namespace nvae
