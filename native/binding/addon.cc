// Entry point of the addon: selects the instruction set and lists the exports.
#include <atomic>
#include <string>
#include <vector>

#include "binding/arguments.h"
#include "kernels/tables.h"
#include "runtime/processor.h"
#include "runtime/thread_pool.h"

namespace nvae {
namespace {

// Instruction sets that this processor supports, best first.
const std::vector<const KernelTables*>& supported() {
  static const std::vector<const KernelTables*> tables = [] {
    std::vector<const KernelTables*> found;
#if defined(__x86_64__)
    if (has_avx512()) found.push_back(&kernels_avx512);
    if (has_avx2()) found.push_back(&kernels_avx2);
#endif
    found.push_back(&kernels_portable);
    return found;
  }();
  return tables;
}

std::atomic<const KernelTables*> chosen{nullptr};

napi_value instruction_sets(napi_env env, napi_callback_info) {
  napi_value list;
  napi_create_array(env, &list);
  uint32_t i = 0;
  for (const KernelTables* tables : supported()) napi_set_element(env, list, i++, to_js(env, tables->name));
  return list;
}

napi_value simd(napi_env env, napi_callback_info) { return to_js(env, kernels().name); }

// setSimd(name): selects one of instructionSets().
napi_value set_simd(napi_env env, napi_callback_info info) {
  char name[64] = "";
  size_t length = 0;
  napi_get_value_string_utf8(env, first_argument(env, info), name, sizeof name, &length);
  for (const KernelTables* tables : supported()) {
    if (std::string(name) == tables->name) chosen = tables;
  }
  return nullptr;
}

napi_value threads(napi_env env, napi_callback_info) { return to_js(env, static_cast<double>(thread_count())); }

napi_value set_threads(napi_env env, napi_callback_info info) {
  set_thread_count(static_cast<int>(first_number(env, info)));
  return nullptr;
}

// misalignment(bytes): bytes from the start to the first address that is a multiple of 64.
napi_value misalignment(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_typedarray_info(env, first_argument(env, info), nullptr, nullptr, &data, nullptr, nullptr);
  const auto address = reinterpret_cast<uintptr_t>(data);
  return to_js(env, static_cast<double>((64 - address % 64) % 64));
}

}  // namespace

const KernelTables& kernels() {
  const KernelTables* tables = chosen.load(std::memory_order_relaxed);
  return tables ? *tables : *supported().front();
}

}  // namespace nvae

NAPI_MODULE_INIT() {
  using namespace nvae;
  export_function(env, exports, "instructionSets", instruction_sets);
  export_function(env, exports, "simd", simd);
  export_function(env, exports, "setSimd", set_simd);
  export_function(env, exports, "threads", threads);
  export_function(env, exports, "setThreads", set_threads);
  export_function(env, exports, "misalignment", misalignment);
  export_matrix(env, exports);
  export_program(env, exports);
  export_tensor(env, exports);
  return exports;
}
