// Helpers for loading libtensorflow. It prints while it is loaded, before it can be configured not to. Of its 800 MB, loading touches
// about 240 that are not needed afterwards (symbol and relocation tables, code that runs once).
#include <fcntl.h>
#include <link.h>
#include <node_api.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace {

// Copies of standard output and standard error while they are redirected to /dev/null.
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

// Pages that are not writable are backed by the file: if one is needed again, it is read again.
int LetGoOf(dl_phdr_info* info, size_t, void*) {
  if (!std::strstr(info->dlpi_name, "/libtensorflow")) return 0;
  const uintptr_t page = sysconf(_SC_PAGESIZE);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W)) continue;
    const uintptr_t start = (info->dlpi_addr + segment.p_vaddr + page - 1) / page * page;
    const uintptr_t end = (info->dlpi_addr + segment.p_vaddr + segment.p_memsz) / page * page;
    if (start < end) madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
  }
  return 0;
}

napi_value LetGo(napi_env, napi_callback_info) {
  dl_iterate_phdr(LetGoOf, nullptr);
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
  Export(env, exports, "letGo", LetGo);
  return exports;
}
