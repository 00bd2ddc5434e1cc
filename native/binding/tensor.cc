#include "binding/arguments.h"
#include "kernels/tables.h"

namespace nvae {
namespace {

// silu(x, y)
napi_value silu(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  kernels().tensor.silu(args.floats(0), args.floats(1), args.length(0));
  return nullptr;
}

}  // namespace

void export_tensor(napi_env env, napi_value exports) { export_function(env, exports, "silu", silu); }

}  // namespace nvae
