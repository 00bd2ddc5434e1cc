// Entry point of the addon: picks the instruction set and lists what is exported.
#include <cstdlib>
#include <cstring>

#include "binding/arguments.h"
#include "kernels/tables.h"
#include "runtime/thread_pool.h"

namespace nvae {
namespace {

const KernelTables& choose() {
  const char* wish = std::getenv("NVAE_SIMD");
  if (wish && !std::strcmp(wish, "portable")) return kernels_portable;
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx512 && !(wish && !std::strcmp(wish, "avx2"))) return kernels_avx512;
  if (avx2) return kernels_avx2;
#endif
  return kernels_portable;
}

napi_value simd(napi_env env, napi_callback_info) { return to_js(env, kernels().name); }

napi_value threads(napi_env env, napi_callback_info) { return to_js(env, static_cast<double>(thread_count())); }

napi_value set_threads(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  set_thread_count(static_cast<int>(args.integer(0)));
  return nullptr;
}

// misalignment(bytes): bytes from the start to the first address that is a multiple of 64.
napi_value misalignment(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto address = reinterpret_cast<uintptr_t>(args.bytes(0));
  return to_js(env, static_cast<double>((64 - address % 64) % 64));
}

}  // namespace

const KernelTables& kernels() {
  static const KernelTables& chosen = choose();
  return chosen;
}

}  // namespace nvae

NAPI_MODULE_INIT() {
  using namespace nvae;
  export_function(env, exports, "simd", simd);
  export_function(env, exports, "threads", threads);
  export_function(env, exports, "setThreads", set_threads);
  export_function(env, exports, "misalignment", misalignment);
  export_matrix(env, exports);
  export_tensor(env, exports);
  return exports;
}
