// What JavaScript sees of MPI (world.h). JavaScript has checked the arguments.
#include <node_api.h>

#include <string>

#include "world.h"

namespace nvae_mpi {
namespace {

// A call, or other work, that a promise waits for.
struct Task : Call {
  napi_deferred deferred = nullptr;
  napi_ref array = nullptr;  // keeps the data of the call where it is
  std::string failure;
  bool opens = false;
};

// MPI is initialised once per process, by one thread of JavaScript. Never destroyed: the thread of the world may outlive it.
struct Binding {
  World world;
  napi_threadsafe_function ended = nullptr;
  int on_their_way = 0;
};
Binding* binding = nullptr;

napi_value text(napi_env env, const std::string& value) {
  napi_value result;
  napi_create_string_utf8(env, value.c_str(), value.size(), &result);
  return result;
}

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

napi_value undefined(napi_env env) {
  napi_value result;
  napi_get_undefined(env, &result);
  return result;
}

napi_value error(napi_env env, const std::string& message) {
  napi_value result;
  napi_create_error(env, nullptr, text(env, message), &result);
  return result;
}

napi_value identity(napi_env env) {
  napi_value result;
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "rank", number(env, binding->world.rank()));
  napi_set_named_property(env, result, "size", number(env, binding->world.size()));
  return result;
}

// In the thread of JavaScript: settles the promise of a task.
void settle(napi_env env, napi_value, void*, void* data) {
  Task* task = static_cast<Task*>(data);
  if (env == nullptr) return;
  if (--binding->on_their_way == 0) napi_unref_threadsafe_function(env, binding->ended);
  if (!task->failure.empty()) {
    napi_reject_deferred(env, task->deferred, error(env, task->failure));
    return;  // the array stays: MPI may still write into it
  }
  if (task->array) napi_delete_reference(env, task->array);
  napi_resolve_deferred(env, task->deferred, task->opens ? identity(env) : undefined(env));
  delete task;
}

// In the thread of the world.
void tell(Task* task, const std::string& failure) {
  task->failure = failure;
  napi_call_threadsafe_function(binding->ended, task, napi_tsfn_nonblocking);
}

napi_value promise_of(napi_env env, Task* task) {
  napi_value promise;
  napi_create_promise(env, &task->deferred, &promise);
  if (binding->on_their_way++ == 0) napi_ref_threadsafe_function(env, binding->ended);
  return promise;
}

napi_value first_argument(napi_env env, napi_callback_info info, napi_value* second = nullptr) {
  size_t count = 2;
  napi_value values[2];
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  if (second) *second = values[1];
  return values[0];
}

void describe(napi_env env, napi_value array, bool is_broadcast, Call& call) {
  napi_typedarray_type type;
  size_t length = 0;
  napi_get_typedarray_info(env, array, &type, &length, &call.data, nullptr, nullptr);
  call.kind = is_broadcast ? Kind::kBroadcast : type == napi_float64_array ? Kind::kSumOfDoubles : Kind::kSumOfFloats;
  call.count = static_cast<int>(length);
}

napi_value started(napi_env env, Task* task, napi_value array) {
  if (array) napi_create_reference(env, array, 1, &task->array);
  napi_value promise = promise_of(env, task);
  binding->world.start(task);
  return promise;
}

// open(seconds): initialises MPI; a promise of {rank, size}. The number is the time limit of a call.
napi_value open(napi_env env, napi_callback_info info) {
  if (binding) {
    napi_throw_error(env, nullptr, "MPI can be used only once in a process");
    return nullptr;
  }
  double seconds = 0;
  napi_get_value_double(env, first_argument(env, info), &seconds);
  binding = new Binding();
  napi_create_threadsafe_function(env, nullptr, nullptr, text(env, "rx-nvae MPI"), 0, 1, nullptr, nullptr, nullptr, settle,
                                  &binding->ended);
  napi_unref_threadsafe_function(env, binding->ended);
  napi_add_env_cleanup_hook(env, [](void*) { binding->world.stop(); }, nullptr);
  Task* task = new Task();
  task->opens = true;
  napi_value promise = promise_of(env, task);
  const auto ended = [](Call* call, const std::string& failure) { tell(static_cast<Task*>(call), failure); };
  binding->world.open(seconds, ended, [task](const std::string& failure) { tell(task, failure); });
  return promise;
}

// sum(array): a promise
napi_value sum(napi_env env, napi_callback_info info) {
  napi_value array = first_argument(env, info);
  Task* task = new Task();
  describe(env, array, false, *task);
  return started(env, task, array);
}

// sumNow(array)
napi_value sum_now(napi_env env, napi_callback_info info) {
  napi_value array = first_argument(env, info);
  Call call;
  describe(env, array, false, call);
  const std::string failure = binding->world.run(&call);
  if (failure.empty()) return nullptr;
  napi_ref stays;  // MPI may still write into the array
  napi_create_reference(env, array, 1, &stays);
  napi_throw(env, error(env, failure));
  return nullptr;
}

// broadcast(bytes, root): a promise
napi_value broadcast(napi_env env, napi_callback_info info) {
  napi_value root;
  napi_value array = first_argument(env, info, &root);
  Task* task = new Task();
  describe(env, array, true, *task);
  napi_get_value_int32(env, root, &task->root);
  return started(env, task, array);
}

// barrier(): a promise
napi_value barrier(napi_env env, napi_callback_info) {
  Task* task = new Task();
  task->kind = Kind::kBarrier;
  return started(env, task, nullptr);
}

// finalize(): a promise
napi_value finalize(napi_env env, napi_callback_info) {
  Task* task = new Task();
  napi_value promise = promise_of(env, task);
  binding->world.finalize([task](const std::string& failure) { tell(task, failure); });
  return promise;
}

// abort(): does not return
napi_value abort_job(napi_env, napi_callback_info) { binding->world.abort(); }

// library(): name and version of the MPI
napi_value library(napi_env env, napi_callback_info) {
  char name[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(name, &length);
  return text(env, std::string(name, static_cast<size_t>(length)));
}

void export_function(napi_env env, napi_value exports, const char* name, napi_callback function) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value);
  napi_set_named_property(env, exports, name, value);
}

}  // namespace
}  // namespace nvae_mpi

NAPI_MODULE_INIT() {
  using namespace nvae_mpi;
  export_function(env, exports, "open", open);
  export_function(env, exports, "sum", sum);
  export_function(env, exports, "sumNow", sum_now);
  export_function(env, exports, "broadcast", broadcast);
  export_function(env, exports, "barrier", barrier);
  export_function(env, exports, "finalize", finalize);
  export_function(env, exports, "abort", abort_job);
  export_function(env, exports, "library", library);
  return exports;
}
