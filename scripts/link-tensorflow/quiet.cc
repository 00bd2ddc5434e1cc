// Standard output and standard error to nowhere and back. libtensorflow prints while it is loaded, before it can be told not to.
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

namespace {

int kept[] = {-1, -1};

napi_value Hush(napi_env, napi_callback_info) {
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return nullptr;
  for (int i = 0; i < 2; ++i) {
    if (kept[i] >= 0) continue;
    kept[i] = fcntl(STDOUT_FILENO + i, F_DUPFD_CLOEXEC, 3);
    if (kept[i] >= 0) dup2(nowhere, STDOUT_FILENO + i);
  }
  close(nowhere);
  return nullptr;
}

napi_value Speak(napi_env, napi_callback_info) {
  for (int i = 0; i < 2; ++i) {
    if (kept[i] < 0) continue;
    dup2(kept[i], STDOUT_FILENO + i);
    close(kept[i]);
    kept[i] = -1;
  }
  return nullptr;
}

void Export(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

NAPI_MODULE_INIT() {
  Export(env, exports, "hush", Hush);
  Export(env, exports, "speak", Speak);
  return exports;
}
